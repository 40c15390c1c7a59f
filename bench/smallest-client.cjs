// The least that Node can do with node:http: no options, no checks, no types, no retries. What is below it is out of reach.
const { openSync, readSync, fstatSync } = require('node:fs');
const { request } = require('node:http');

const [, , image = '', prompt = ''] = process.argv;
const url = `${process.env.GOOGLE_GEMINI_BASE_URL}/v1beta/models/m:generateContent?key=${process.env.GEMINI_API_KEY}`;
const before = `{"contents":[{"role":"user","parts":[{"text":${JSON.stringify(prompt)}},{"inline_data":{"mime_type":"image/jpeg","data":"`;
const after = '"}}]}]}';
const file = openSync(image, 'r');
const size = fstatSync(file).size;
const length = Buffer.byteLength(before) + Math.ceil(size / 3) * 4 + after.length;

const outgoing = request(url, { method: 'POST', headers: { 'content-length': length } }, (response) => {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  response.on('end', () => {
    const { parts } = JSON.parse(text).candidates[0].content;
    process.stdout.write(`${parts.map((/** @type {{ text: string }} */ part) => part.text).join('')}\n`);
    outgoing.destroy();
  });
});
outgoing.write(before);
const buffer = Buffer.allocUnsafe(3 * 24 * 1024);
for (let at = 0; at < size; ) {
  const count = readSync(file, buffer, 0, buffer.length, at);
  outgoing.write(buffer.toString('base64', 0, count), 'latin1');
  at += count;
}
outgoing.end(after);
