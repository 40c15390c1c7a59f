import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** A reply's body as it was before it was compressed. Nobody asks for compression here, and some servers send it all the same. */
export async function decompress(response: IncomingMessage): Promise<Readable> {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return response;
  const { createBrotliDecompress, createUnzip } = await import('node:zlib');
  const decoder = encoding === 'br' ? createBrotliDecompress() : createUnzip();
  response.on('error', (error) => decoder.destroy(error));
  return response.pipe(decoder);
}
