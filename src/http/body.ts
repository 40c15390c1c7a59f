import type { IncomingMessage } from 'node:http';
import { NetworkError, option, say } from '../errors.ts';
import { decompress } from './decompress.ts';

/** An answer larger than this is none of this API's. */
const mostReplyBytes = 64 * 1024 * 1024;

/** Reads a reply's body to its end, decompressed, and no more of it than an answer can have. */
export async function readBody(response: IncomingMessage): Promise<Buffer> {
  const body = await decompress(response);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // By events: an async iterator takes a millisecond more to set up.
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostReplyBytes) reject(tooLarge());
    });
    body.on('end', () => resolve(Buffer.concat(chunks)));
    body.on('error', reject);
  });
}

function tooLarge(): NetworkError {
  return new NetworkError('the answer is larger than 64 MiB', {
    hint: say`Check ${option('baseUrl')}: no answer of this API is that large.`,
    code: 'TOO_LARGE',
    retryable: false,
  });
}
