import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';

/**
 * The body of a response without its Content-Encoding. Compression is not asked for, and some servers send it all the same.
 * What is not compressed comes back as it is, and nothing is loaded for it.
 */
export async function decompress(response: IncomingMessage): Promise<Readable> {
  const encoding = contentEncoding(response);
  if (encoding === 'identity') return response;
  const { createBrotliDecompress, createUnzip } = await import('node:zlib');
  const decoder = encoding === 'br' ? createBrotliDecompress() : createUnzip();
  // Errors of either reach the decoder, whoever reads it; the response may even be over before this line.
  return pipeline(response, decoder, () => undefined);
}

/** The Content-Encoding of a response in lower case, `identity` where there is none. */
export function contentEncoding(response: IncomingMessage): string {
  return response.headers['content-encoding']?.trim().toLowerCase() || 'identity';
}
