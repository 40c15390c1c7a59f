import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { changed, notAFile, unreadable } from './file-errors.ts';

/** Bytes of a known number that can be read from any place and, from the start, more than once. */
export interface ByteSource {
  readonly bytes: number;
  /** Reads up to `length` bytes from `offset`; fewer at the end. */
  readonly readAt: ReadAt;
  /** Streams the whole from its start; see `Image.open`. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Ends the first look: closes the file, which each stream opens again from then on. */
  readonly settle: () => void;
  /** Releases what was kept to read it again. */
  readonly close: () => void;
}

export type ReadAt = (offset: number, length: number) => Buffer;

/** As bytes where the path is not valid UTF-8. */
export type Path = string | Buffer;

/**
 * A multiple of three, so that base64 needs no remainder. Its base64 stays below the 128 KiB from which V8 keeps a string
 * among its large objects, where a short life costs more: larger pieces are slower and take more memory.
 */
export const chunkBytes = 3 * 24 * 1024;

/** Reads from memory. */
export function fromMemory(data: Uint8Array): ByteSource {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    bytes: bytes.length,
    readAt: (offset, length) => bytes.subarray(offset, offset + length),
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
    settle: () => undefined,
    close: () => undefined,
  };
}

/**
 * Reads from a file. It is opened when it is first needed and kept open until it is settled or closed; from then on each
 * stream opens it again. Whatever opens or reads it throws an `ImageError` where it is not there, not a file, may not be
 * read, or is no longer what it was.
 */
export function fromFile(path: Path, name: string): ByteSource {
  let known: Stats | undefined;
  let kept: number | undefined;
  let isSettled = false;

  function open(): number {
    const file = openFile(path, name);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw notAFile(stats).about(name);
      known ??= stats;
      if (!isSame(stats, known)) throw changed(name);
      return file;
    } catch (error) {
      closeSync(file);
      throw unreadable(error, path, name);
    }
  }

  function look(): number {
    kept ??= open();
    return kept;
  }

  function size(): number {
    if (known === undefined) look();
    return known?.size ?? 0;
  }

  function settle(): void {
    isSettled = true;
    if (kept !== undefined) closeSync(kept);
    kept = undefined;
  }

  async function* stream(): AsyncGenerator<Uint8Array> {
    const own = isSettled ? open() : undefined;
    try {
      const bytes = size();
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, bytes));
      for (let offset = 0; offset < bytes; ) {
        const file = own ?? look();
        const piece = readPiece(file, buffer.subarray(0, Math.min(buffer.length, bytes - offset)), offset);
        offset += piece.length;
        // Checked before the last piece goes out: a request that is not complete is not a corrupt one.
        const isOver = piece.length === 0 || offset === bytes;
        if (isOver && (offset < bytes || !isSame(fstatSync(file), known))) throw changed(name);
        yield piece;
      }
    } catch (error) {
      throw unreadable(error, path, name);
    } finally {
      if (own !== undefined) closeSync(own);
    }
  }

  return {
    get bytes() {
      return size();
    },
    readAt(offset, length) {
      const file = look();
      try {
        return readPiece(file, Buffer.allocUnsafe(length), offset);
      } catch (error) {
        throw unreadable(error, path, name);
      }
    },
    open: stream,
    settle,
    close: settle,
  };
}

/** Fills the buffer as far as the open file goes; a single read may stop short of either. */
export function readPiece(file: number, buffer: Buffer, offset: number): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(file, buffer, filled, buffer.length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** Whether there is a folder at a path. */
export function isFolder(path: string): boolean {
  return statsOf(path)?.isDirectory() ?? false;
}

/** Whether there is a file at a path, no pipe and no device. */
export function isFile(path: string): boolean {
  return statsOf(path)?.isFile() ?? false;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isSame(now: Stats, known: Stats | undefined): boolean {
  return now.size === known?.size && now.mtimeMs === known.mtimeMs && now.ino === known.ino;
}

/** Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it. Windows has no such flag. */
function openFile(path: Path, name: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unreadable(error, path, name);
  }
}
