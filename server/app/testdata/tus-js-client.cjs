// Sends a file with tus-js-client as it is, and prints where the upload is.
const fs = require('node:fs')
const https = require('node:https')
const tus = require('tus-js-client')

const task = JSON.parse(process.argv[2])
const agent = new https.Agent({
  ca: fs.readFileSync(task.authority),
  keepAlive: true,
  lookup: (_host, options, found) => (options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)),
})
const upload = new tus.Upload(fs.createReadStream(task.file), {
  endpoint: task.endpoint,
  httpStack: new tus.DefaultHttpStack({ agent }),
  headers: { Cookie: task.cookie },
  metadata: task.metadata,
  uploadSize: fs.statSync(task.file).size,
  chunkSize: task.chunkSize,
  uploadDataDuringCreation: Boolean(task.uploadDataDuringCreation),
  overridePatchMethod: Boolean(task.overridePatchMethod),
  retryDelays: Array(1000).fill(5),
  onError: (error) => { console.error(String(error)); process.exit(1) },
  onSuccess: () => { console.log(new URL(upload.url).pathname); process.exit(0) },
})
upload.start()
