import { createServer } from 'node:http';
import { answerBody } from './answer.js';

// The endpoint as a process of its own. It throws a body away as it comes; GET tells how long the last one was.
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
    response.end(answerBody);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});

// Whoever started it holds its standard input open; when that ends, so does the server.
process.stdin.on('end', () => process.exit()).resume();
