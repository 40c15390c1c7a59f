import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { ImageError } from '../errors.ts';
import type { Source } from './source.ts';

/** Bytes of a known number that can be read from any place and, from the start, more than once. */
export interface Readable {
  readonly bytes: number;
  /** Reads up to `length` bytes from `offset`; fewer at the end. */
  readonly readAt: ReadAt;
  /** Streams the whole from its start; see `Image.open`. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

export type ReadAt = (offset: number, length: number) => Buffer;

/** Opens a source. Throws an `ImageError` when it is not there, not a file, or not ours to read. */
export function openSource(source: Source): Readable {
  return source.kind === 'bytes' ? fromMemory(source.data) : fromFile(source.path, source.name);
}

function fromMemory(data: Uint8Array): Readable {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    bytes: bytes.length,
    readAt: (offset, length) => bytes.subarray(offset, offset + length),
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

function fromFile(path: string, name: string): Readable {
  const known = withFile(path, name, (_, stats) => stats);
  return {
    bytes: known.size,
    readAt: (offset, length) =>
      withFile(path, name, (file) => readPiece(file, Buffer.allocUnsafe(length), offset)),
    open: () => streamFile(path, name, known),
  };
}

/**
 * A multiple of three, so that base64 needs no remainder. Its base64 stays below the 128 KiB from which V8 keeps a string
 * among its large objects, where a short life costs more: larger pieces are slower and take more memory.
 */
const chunkBytes = 3 * 24 * 1024;

async function* streamFile(path: string, name: string, known: Stats): AsyncGenerator<Uint8Array> {
  const file = openFile(path, name);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, known.size));
    for (let offset = 0; offset < known.size; ) {
      const piece = readPiece(file, buffer.subarray(0, Math.min(buffer.length, known.size - offset)), offset);
      if (piece.length === 0) throw changed(name);
      offset += piece.length;
      // Looked at before the last piece goes out: a request that is not complete is not a corrupt one.
      if (offset === known.size && !isSame(fstatSync(file), known)) throw changed(name);
      yield piece;
    }
  } catch (error) {
    throw unreadable(error, name);
  } finally {
    closeSync(file);
  }
}

function isSame(now: Stats, known: Stats): boolean {
  return now.size === known.size && now.mtimeMs === known.mtimeMs && now.ino === known.ino;
}

function changed(name: string): ImageError {
  return new ImageError('changed while it was being read', {
    hint: 'The request was not completed. Run it again once nothing writes to the file.',
  }).about(name);
}

function withFile<T>(path: string, name: string, use: (file: number, stats: Stats) => T): T {
  const file = openFile(path, name);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw notAFile(stats).about(name);
    return use(file, stats);
  } catch (error) {
    throw unreadable(error, name);
  } finally {
    closeSync(file);
  }
}

/** Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it. Windows has no such flag. */
function openFile(path: string, name: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unreadable(error, name);
  }
}

/** Fills the buffer as far as the file goes; a single read may stop short of either. */
function readPiece(file: number, buffer: Buffer, offset: number): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(file, buffer, filled, buffer.length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function notAFile(stats: Stats): ImageError {
  if (stats.isDirectory()) {
    return new ImageError('a folder, not an image', {
      hint: 'Name one image in it; a loop does a folder (see the README).',
    });
  }
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  return new ImageError(`${what}, not a file`, {
    hint: 'Save the image to a file first and name the file.',
  });
}

function unreadable(error: unknown, name: string): unknown {
  // Only what the system says is about the file; anything else is not ours to reword.
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const [message, hint] = systemErrors[code] ?? [
    `cannot be read (${code || error.message})`,
    'Check the file and its disk.',
  ];
  return new ImageError(message, { hint, cause: error }).about(name);
}

const systemErrors: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['no such file', 'Check the path; put a prompt of several words in quotes.'],
  ENOTDIR: ['no such file', 'A part of the path is a file, not a folder.'],
  EACCES: ['permission denied', 'Ask for the right to read it; ls -l shows its permissions.'],
  EPERM: ['permission denied', 'The system does not let this program read it.'],
  ELOOP: ['too many symbolic links', 'The link points to itself.'],
  ENAMETOOLONG: ['the name is too long', 'Put a prompt after the image, or after -p.'],
  ENXIO: ['a socket, not a file', 'Save the image to a file first and name the file.'],
  EISDIR: ['a folder, not an image', 'Name one image in it; a loop does a folder (see the README).'],
};
