import { base64Length, encodeBase64 } from './base64.ts';
import type { RequestPieces } from './request.ts';

/** A request body whose length is known before its first byte is read. */
export interface RequestBody {
  /** Exact length in bytes: the Content-Length. */
  readonly length: number;
  /** The body from its start; can be called again for another attempt. Strings are ASCII. */
  chunks(): AsyncGenerator<Uint8Array | string>;
}

/** Turns a request's pieces into bytes, reading one piece of one image at a time. */
export function streamBody(pieces: RequestPieces): RequestBody {
  const encoded = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  let length = 0;
  for (const piece of encoded) {
    length += piece instanceof Uint8Array ? piece.length : base64Length(piece.bytes);
  }
  return {
    length,
    async *chunks() {
      for (const piece of encoded) {
        if (piece instanceof Uint8Array) yield piece;
        else yield* encodeBase64(piece.open());
      }
    },
  };
}
