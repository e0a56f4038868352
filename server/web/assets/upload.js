// Sends a document in pieces, so that a connection that breaks, or a page that is
// closed, costs little: the form itself would start over. Without this script, or
// where the browser lacks what it needs, the form works by itself.
'use strict';
(() => {
  const form = document.querySelector('form[data-resumable]');
  if (!form || !window.XMLHttpRequest || !window.TextEncoder || !window.Blob || !Blob.prototype.slice) return;
  const piece = 4 * 16 * 1024 * 1024; // whole segments: the server seals each once
  const file = form.querySelector('input[type=file]');
  const button = form.querySelector('button');
  const bar = form.querySelector('progress');
  const told = form.querySelector('[data-told]');
  const unfinished = Array.from(document.querySelectorAll('[data-upload]'));
  let busy = false;

  const say = (text, wrong) => {
    told.textContent = text;
    told.className = wrong ? 'bad' : 'hint';
    told.hidden = false;
  };
  const show = (sent, size) => {
    bar.hidden = false;
    bar.value = size ? Math.floor(100 * sent / size) : 100;
    say(form.dataset.sending.replace('{percent}', bar.value));
  };
  const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
  const encode = (text) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
  const field = (name) => (form.elements[name] ? form.elements[name].value : '');

  // ask sends one request; status 0 is a connection that broke.
  const ask = (method, address, headers, body, progress) => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.setRequestHeader('Tus-Resumable', '1.0.0');
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    if (progress) request.upload.onprogress = (event) => progress(event.loaded);
    request.onloadend = () => done(request);
    request.send(body);
  });

  const create = (document) => ask('POST', '/uploads', {
    'Upload-Length': document.size,
    'Upload-Metadata': [['filename', document.name], ['modified', document.lastModified], ['days', field('days')], ['recipients', field('recipients')]]
      .map(([key, value]) => key + ' ' + encode(String(value))).join(','),
  });

  // begun is the address of an upload of the same document that waits to be resumed.
  const begun = (document) => {
    const same = unfinished.find((row) => row.dataset.name === document.name &&
      Number(row.dataset.length) === document.size && Number(row.dataset.modified) === document.lastModified);
    return same && same.dataset.upload;
  };

  // passing tells whether what went wrong may be right a moment later.
  const passing = (status) => status === 0 || status === 409 || status === 423 || status === 429 || status === 460 || status >= 500 && status !== 507;

  class Refused extends Error {}

  // patiently repeats a request until it is answered for good.
  const patiently = async (send) => {
    for (let tries = 0; ; tries++) {
      const answer = await send();
      if (answer.status >= 200 && answer.status < 300) return answer;
      if (!passing(answer.status)) throw new Refused(answer.responseText.trim() || form.dataset.failed);
      say(form.dataset.waiting);
      await pause(Math.max(Number(answer.getResponseHeader('Retry-After')) || 0, Math.min(2 ** tries, 30)));
    }
  };

  const send = async (document) => {
    let address = begun(document);
    let answer;
    if (!address) {
      answer = await create(document);
      if (answer.status === 404 || answer.status === 405) return form.submit();
      if (answer.status !== 201) throw new Refused(answer.responseText.trim() || form.dataset.failed);
      address = answer.getResponseHeader('Location');
    }
    for (let lost = !answer; ;) {
      if (lost) answer = await patiently(() => ask('HEAD', address, {}));
      const at = Number(answer.getResponseHeader('Upload-Offset'));
      const page = answer.getResponseHeader('Content-Location');
      show(at, document.size);
      if (page) return window.location.assign(page + '?notice=received');
      answer = await ask('PATCH', address, { 'Upload-Offset': at, 'Content-Type': 'application/offset+octet-stream' },
        document.slice(at, at + piece), (sent) => show(at + sent, document.size));
      lost = answer.status !== 204;
      if (lost && !passing(answer.status)) throw new Refused(answer.responseText.trim() || form.dataset.failed);
      if (lost) {
        say(form.dataset.waiting);
        await pause(Number(answer.getResponseHeader('Retry-After')) || 1);
      }
    }
  };

  form.addEventListener('submit', (event) => {
    const document = file.files[0];
    if (busy || !document) return event.preventDefault();
    event.preventDefault();
    busy = true;
    button.disabled = true;
    send(document).catch((refused) => {
      bar.hidden = true;
      say(refused instanceof Refused ? refused.message : form.dataset.failed, true);
    }).finally(() => {
      busy = false;
      button.disabled = false;
    });
  });
  window.addEventListener('beforeunload', (event) => { if (busy && bar.value < 100) event.preventDefault(); });
  const section = document.querySelector('[data-unfinished]');
  if (section) section.hidden = false;
})();
