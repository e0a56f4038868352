// Runs the upload page's own script on the little of a browser that it uses:
// the page's fields, and XMLHttpRequest over a real connection. It prints where
// the script leads the browser, or what it tells.
const fs = require('node:fs')
const https = require('node:https')
const vm = require('node:vm')

const task = JSON.parse(process.argv[2])
const content = fs.readFileSync(task.file)
const agent = new https.Agent({
  ca: fs.readFileSync(task.authority),
  keepAlive: true,
  lookup: (_host, options, found) => (options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)),
})

class XMLHttpRequest {
  constructor() { this.upload = {}; this.status = 0; this.responseText = ''; this.headers = {}; this.got = {} }
  open(method, path) { this.method = method; this.path = path }
  setRequestHeader(name, value) { this.headers[name] = String(value) }
  getResponseHeader(name) { return this.got[name.toLowerCase()] ?? null }
  send(body) {
    const bytes = body || Buffer.alloc(0)
    const url = new URL(this.path, task.endpoint)
    const end = () => { if (!this.ended) { this.ended = true; this.onloadend() } }
    const request = https.request(url, { method: this.method, agent, headers: { ...this.headers, Cookie: task.cookie, 'Content-Length': bytes.length } }, (answer) => {
      answer.setEncoding('utf8')
      answer.on('data', (text) => { this.responseText += text })
      answer.on('error', end)
      answer.on('end', () => { this.status = answer.statusCode; this.got = answer.headers; end() })
    })
    request.on('error', end)
    request.end(bytes, () => { if (this.upload.onprogress) this.upload.onprogress({ loaded: bytes.length }) })
  }
}

const listeners = {}
const file = { name: task.metadata.filename, size: content.length, lastModified: 1234567890123, slice: (from, to) => content.subarray(from, to) }
const told = []
const status = { hidden: true, set textContent(text) { told.push(text) } }
const parts = { 'input[type=file]': { files: [file] }, button: {}, progress: {}, '[data-told]': status }
const form = {
  dataset: { sending: 'sending {percent}', waiting: 'waiting', failed: 'failed' },
  elements: { days: { value: task.metadata.days }, recipients: { value: task.metadata.recipients } },
  querySelector: (selector) => parts[selector],
  addEventListener: (event, then) => { listeners[event] = then },
  submit: () => { console.log('submitted'); process.exit(0) },
}
const rows = (task.unfinished || []).map((dataset) => ({ dataset }))
const window = {
  XMLHttpRequest, TextEncoder, Blob, addEventListener: () => {},
  location: { assign: (page) => { console.log(page, told.length, told.includes('waiting')); process.exit(0) } },
}
const document = { querySelector: (selector) => (selector === 'form[data-resumable]' ? form : null), querySelectorAll: () => rows }
// Pauses pass ten times as fast.
const setTimeoutFast = (then, milliseconds) => setTimeout(then, milliseconds / 10)
vm.runInNewContext(fs.readFileSync(task.script, 'utf8'), {
  window, document, XMLHttpRequest, TextEncoder, Blob, btoa, setTimeout: setTimeoutFast, console,
})
let prevented = false
listeners.submit({ preventDefault: () => { prevented = true } })
if (!prevented) throw new Error('the form was sent by the browser as well')
setInterval(() => {
  if (status.className === 'bad') { console.log('told: ' + told[told.length - 1]); process.exit(0) }
}, 20)
