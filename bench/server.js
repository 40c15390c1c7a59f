import { createServer } from 'node:http';

/** What every command has to print. */
export const answerText = 'A small sailing boat on a calm sea at sunset.';

// The endpoint as a process of its own: https://ai.google.dev/api/generate-content#generatecontentresponse
const answer = JSON.stringify({
  candidates: [
    {
      content: {
        parts: [{ text: answerText.slice(0, 21) }, { text: answerText.slice(21) }],
        role: 'model',
      },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 264, candidatesTokenCount: 11, totalTokenCount: 275 },
  responseId: 'vTkqaf7xEsSdvdIPrqLnyAc',
});

if (process.argv[2] === 'serve') serve();

/** Answers every POST once its body has come, and throws the body away; GET tells how long the last one was. */
function serve() {
  let lastBodyBytes = 0;
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.end(String(lastBodyBytes));
      return;
    }
    let bodyBytes = 0;
    request.on('data', (/** @type {Buffer} */ chunk) => {
      bodyBytes += chunk.length;
    });
    request.on('end', () => {
      lastBodyBytes = bodyBytes;
      response.setHeader('content-type', 'application/json; charset=UTF-8');
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address !== null && typeof address === 'object')
      process.stdout.write(`http://127.0.0.1:${address.port}\n`);
  });
  // Who started it holds its standard input open; when that ends, so does the server.
  process.stdin.on('end', () => process.exit()).resume();
}
