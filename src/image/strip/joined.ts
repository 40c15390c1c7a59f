import { chunkBytes, type Readable } from '../readable.ts';
import type { Piece } from './plan.ts';

/** A file made of pieces of another, read from there each time. */
export function joined(source: Readable, pieces: readonly Piece[]): Readable {
  return {
    bytes: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
    readAt: (offset, length) => readPieces(source, pieces, offset, length),
    open: () => rebuffered(kept(source, pieces)),
    close: source.close,
  };
}

function lengthOf(piece: Piece): number {
  return Buffer.isBuffer(piece) ? piece.length : piece.end - piece.start;
}

function readPieces(source: Readable, pieces: readonly Piece[], offset: number, length: number): Buffer {
  const found: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    const from = Math.max(0, offset - at);
    const to = Math.min(lengthOf(piece), offset + length - at);
    if (to <= 0) break;
    if (from < to) {
      found.push(
        Buffer.isBuffer(piece) ? piece.subarray(from, to) : source.readAt(piece.start + from, to - from),
      );
    }
    at += lengthOf(piece);
  }
  return found.length === 1 && found[0] ? found[0] : Buffer.concat(found);
}

/** Reads the whole source, up to the end where it says whether it changed meanwhile, and passes on what is kept. */
async function* kept(source: Readable, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  let next = 0;
  for await (const chunk of source.open()) {
    const chunkEnd = at + chunk.length;
    for (let piece = pieces[next]; piece !== undefined; piece = pieces[next]) {
      if (Buffer.isBuffer(piece)) yield piece;
      else if (piece.start < chunkEnd) yield chunk.subarray(Math.max(0, piece.start - at), piece.end - at);
      if (!Buffer.isBuffer(piece) && piece.end > chunkEnd) break;
      next += 1;
    }
    at = chunkEnd;
  }
}

/**
 * Passes bytes on in pieces of 72 KiB, the last of them only once the source has ended well: a request that is not complete
 * is not a corrupt one.
 */
async function* rebuffered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      if (filled === buffer.length) {
        yield buffer;
        filled = 0;
      }
      const part = chunk.subarray(from, from + buffer.length - filled);
      buffer.set(part, filled);
      filled += part.length;
      from += part.length;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
