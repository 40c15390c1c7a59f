import type { RequestBody } from '../http/exchange.ts';
import { base64Length, encodeBase64 } from './base64.ts';
import type { ImagePart, RequestPieces } from './request.ts';

/** Turns a request's pieces into bytes, reading one piece of one image at a time. */
export function streamBody(pieces: RequestPieces): RequestBody {
  const encoded = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  let length = 0;
  for (const piece of encoded) {
    length += piece instanceof Uint8Array ? piece.length : base64Length(piece.bytes);
  }
  return {
    length,
    chunks: () => (length <= mostAtOnceBytes ? atOnce(encoded) : oneByOne(encoded)),
  };
}

/** A body this small costs more to write in parts than to put together. */
const mostAtOnceBytes = 64 * 1024;

type Encoded = readonly (Uint8Array | ImagePart)[];

async function* atOnce(encoded: Encoded): AsyncGenerator<Uint8Array | string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of oneByOne(encoded)) {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  }
  yield Buffer.concat(chunks);
}

async function* oneByOne(encoded: Encoded): AsyncGenerator<Uint8Array | string> {
  for (const piece of encoded) {
    if (piece instanceof Uint8Array) yield piece;
    else yield* encodeBase64(piece.open());
  }
}
