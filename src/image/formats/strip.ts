import { ImageError } from '../../errors.ts';
import { type ByteSource, chunkBytes, type ReadAt } from '../bytes.ts';
import { type Draft, damaged, type ImageBytes } from './image-format.ts';
import { readerOf } from './readers.ts';

interface Stripped {
  readonly readable: ByteSource;
  /** What was removed, for people: "EXIF", "GPS position", …; empty where there was nothing to remove. */
  readonly removed: readonly string[];
}

/**
 * Removes metadata from a PNG, JPEG or WebP file, whose pixels, colour profile and orientation stay as they are.
 * Nothing is decoded, and the picture is not held in memory. Throws an `ImageError` for other formats and where damage hides
 * what is to be removed.
 */
export async function stripMetadata(readable: ByteSource, mimeType: string, name: string): Promise<Stripped> {
  const reader = await readerOf(mimeType);
  try {
    if (reader?.strip === undefined) throw notStrippable(mimeType);
    const { pieces, removed } = planStrip(readable, reader.strip);
    return { readable: removed.length === 0 ? readable : joined(readable, pieces), removed };
  } catch (error) {
    throw error instanceof ImageError ? error.about(name) : error;
  }
}

/** A range of the source, or bytes to put in between. */
type Piece = { readonly start: number; readonly end: number } | Buffer;

/** How to write a file without its metadata. */
export interface StripPlan {
  /** In the order they are written in, which is the order they have in the source. */
  readonly pieces: readonly Piece[];
  /** What is removed, for people, each named once; empty where there is nothing to remove. */
  readonly removed: readonly string[];
}

/** Finds out what of a file stays without its metadata, by its format's own `strip`. Throws like `stripMetadata`. */
export function planStrip(
  { readAt, bytes }: ImageBytes,
  strip: (image: ImageBytes, draft: Draft) => void,
): StripPlan {
  const { draft, plan } = startPlan();
  strip({ readAt: readAhead(readAt), bytes }, draft);
  return plan;
}

function notStrippable(mimeType: string): ImageError {
  const isHeif = /^image\/hei[cf]$/.test(mimeType);
  const what = isHeif ? `a ${mimeType.slice(6).toUpperCase()} image` : mimeType;
  const conversion = isHeif ? 'heif-convert photo.heic photo.jpg' : 'magick FILE picture.png';
  return new ImageError(`metadata cannot be removed from ${what} without re-encoding it`, {
    hint: `Convert it first: ${conversion}`,
  });
}

/** A draft and the plan that it makes; ranges that touch become one. */
function startPlan(): { readonly draft: Draft; readonly plan: StripPlan } {
  const pieces: Piece[] = [];
  const removed: string[] = [];
  let steps = 0;
  const count = () => {
    steps += 1;
    if (steps > maxSteps) throw damaged('the image has too many parts');
  };
  const draft: Draft = {
    keep: (start, end) => {
      count();
      const last = pieces.at(-1);
      if (last && !Buffer.isBuffer(last) && last.end === start)
        pieces[pieces.length - 1] = { start: last.start, end };
      else if (end > start) pieces.push({ start, end });
    },
    insert: (bytes) => {
      count();
      pieces.push(bytes);
    },
    remove: (...what) => {
      count();
      for (const word of what) if (!removed.includes(word)) removed.push(word);
    },
  };
  return { draft, plan: { pieces, removed } };
}

/** Bound on the steps of a draft; real files need far fewer. */
const maxSteps = 100_000;

/** Reads 72 KiB at a time, so that many small reads in sequence cost no more than one pass over the source. */
function readAhead(readAt: ReadAt): ReadAt {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return (offset, length) => {
    if (length > chunkBytes) return readAt(offset, length);
    if (offset < start || offset + length > start + window.length) {
      window = readAt(offset, chunkBytes);
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}

/** A file made of pieces of another, read from there each time. */
function joined(source: ByteSource, pieces: readonly Piece[]): ByteSource {
  return {
    bytes: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
    readAt: (offset, length) => readPieces(source, pieces, offset, length),
    open: () => rebuffered(kept(source, pieces)),
    settle: source.settle,
    close: source.close,
  };
}

function lengthOf(piece: Piece): number {
  return Buffer.isBuffer(piece) ? piece.length : piece.end - piece.start;
}

function readPieces(source: ByteSource, pieces: readonly Piece[], offset: number, length: number): Buffer {
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

/** Reads the whole source to its end, where it reports a change during reading, and passes on what is kept. */
async function* kept(source: ByteSource, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
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
 * Passes bytes on in pieces of 72 KiB, the last one only once the source has ended without an error: an incomplete request
 * is not taken for a corrupt image.
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
