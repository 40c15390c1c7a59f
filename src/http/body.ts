import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { NetworkError } from '../errors.ts';
import { option, say } from '../sentence.ts';
import { foundFailure } from './failure.ts';

/** How much of a body is read, and what is thrown where there is more. */
export interface Bound {
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
}

/** No answer of this API is larger. */
export const replyBound: Bound = {
  maxBytes: 64 * 1024 * 1024,
  tooLarge: () =>
    new NetworkError('the answer is larger than 64 MiB', {
      hint: say`Check ${option('baseUrl')}: no reply of this API is that large.`,
      code: 'TOO_LARGE',
      retryable: false,
    }),
};

/**
 * Reads a body piece by piece, as far as its bound. Throws what went wrong with the stream, and what the bound says.
 * By events: Node's own iterator takes longer to set up.
 */
export async function* readPieces(body: Readable, { maxBytes, tooLarge }: Bound): AsyncGenerator<Uint8Array> {
  let wake: () => void = () => undefined;
  for (const event of ['readable', 'end', 'error', 'close']) body.on(event, () => wake());
  let receivedBytes = 0;
  while (!body.readableEnded) {
    if (body.errored !== null) throw body.errored;
    if (body.destroyed) throw new Error('the body was closed before its end');
    const piece: Buffer | null = body.read();
    if (piece === null) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    receivedBytes += piece.length;
    if (receivedBytes > maxBytes) throw tooLarge();
    yield piece;
  }
}

/**
 * The body of a response without its Content-Encoding. Compression is not requested, and some servers send it all the same.
 * What is not compressed comes back as it is, and nothing is loaded for it. Throws a `NetworkError` for a coding that cannot
 * be decoded; a name that is no coding, such as `utf-8` or `aws-chunked`, says nothing about the bytes.
 */
export async function decompress(response: IncomingMessage): Promise<Readable> {
  const codings = codingsOf(response);
  if (codings.length === 0) return response;
  const decoders = decodersOf(await import('node:zlib'));
  const unknown = codings.find((coding) => !decoders.has(coding));
  if (unknown !== undefined) throw foundFailure('CONTENT_ENCODING', unknown);
  let body: Readable = response;
  // The last one named was applied last.
  for (const coding of codings.toReversed()) {
    const decoder = (await isPlainJson(body)) ? undefined : await decoders.get(coding)?.(body);
    // Errors of each reach the next, and the last reaches whoever reads; the response may even be over before this line.
    if (decoder !== undefined) body = pipeline(body, decoder, () => undefined);
  }
  return body;
}

/** Whether the bytes of a body are not those that were sent. */
export function isCompressed(response: IncomingMessage): boolean {
  return codingsOf(response).length > 0;
}

/** The codings of a body, in the order they were applied. */
function codingsOf(response: IncomingMessage): readonly string[] {
  const names = response.headers['content-encoding']?.toLowerCase().split(',') ?? [];
  const codings = names.map((name) => name.trim()).filter((name) => knownCodings.has(name));
  if (codings.length > maxCodings) throw foundFailure('CONTENT_ENCODING', `${codings.length} codings`);
  return codings;
}

/** Nobody compresses more often; each time, a few bytes can become a thousand times as many. */
const maxCodings = 3;

/** Registered codings, https://www.iana.org/assignments/http-parameters, and other compression that servers declare. */
const knownCodings = new Set([
  ...['gzip', 'x-gzip', 'deflate', 'br', 'zstd'],
  ...['compress', 'x-compress', 'dcb', 'dcz', 'exi', 'pack200-gzip', 'aes128gcm'],
  ...['bzip2', 'x-bzip2', 'xz', 'lzma', 'lz4', 'snappy'],
]);

/** Creates the decoder of a coding; it may look at the body, which stays whole. */
type CreateDecoder = (body: Readable) => Transform | Promise<Transform>;

function decodersOf(zlib: typeof import('node:zlib')): ReadonlyMap<string, CreateDecoder> {
  const { createBrotliDecompress, createInflateRaw, createUnzip } = zlib;
  const decoders = new Map<string, CreateDecoder>([
    ['gzip', () => createUnzip()],
    ['x-gzip', () => createUnzip()],
    ['deflate', async (body) => ((await hasZlibHeader(body)) ? createUnzip() : createInflateRaw())],
    ['br', () => createBrotliDecompress()],
  ]);
  // Not in every Node: https://nodejs.org/api/zlib.html#zlibcreatezstddecompressoptions
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform };
  if (createZstdDecompress !== undefined) decoders.set('zstd', () => createZstdDecompress());
  return decoders;
}

/** `deflate` is defined to begin with zlib's two bytes (RFC 1950); some servers send it without (RFC 1951). */
async function hasZlibHeader(body: Readable): Promise<boolean> {
  const [first = 0, second = 0] = await peek(body);
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return isZlib || (first === 0x1f && second === 0x8b);
}

/** Some gateways decompress a body and leave its header; what begins with a dozen characters of JSON is JSON. */
async function isPlainJson(body: Readable): Promise<boolean> {
  const head = Buffer.from((await peek(body)).subarray(0, 64)).toString('latin1');
  return /^[{[]\s*["{[][\t\n\r -~]{8}/.test(head);
}

/** The first bytes of a stream, which stay in it; none where it ends or breaks before. */
function peek(body: Readable): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'error', 'close'] as const;
    const look = () => {
      for (const event of events) body.off(event, look);
      const head: Uint8Array | null = body.destroyed ? null : body.read();
      if (head !== null) body.unshift(head);
      resolve(head ?? new Uint8Array());
    };
    for (const event of events) body.on(event, look);
    if (body.destroyed || body.readableEnded) look();
  });
}
