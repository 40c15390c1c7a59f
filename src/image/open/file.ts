import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { ImageError, option, type Sentence, say } from '../../errors.ts';
import { type ByteSource, chunkBytes } from '../bytes.ts';
import { readPiece } from './descriptor.ts';

type Path = string | Buffer;

/** Reads from a file. Throws an `ImageError` when it is not there, not a file, or not ours to read. */
export function fromFile(path: Path, name: string): ByteSource {
  const known = withFile(path, name, (_, stats) => stats);
  // What an image is stands in many small pieces near its start, and to open the file takes longer than to read them.
  let head: Buffer = Buffer.alloc(0);
  return {
    bytes: known.size,
    readAt: (offset, length) => {
      if (offset + length <= head.length) return head.subarray(offset, offset + length);
      const piece = withFile(path, name, (file) => readPiece(file, Buffer.allocUnsafe(length), offset));
      if (offset === 0 && length <= mostHeadBytes) head = piece;
      return piece;
    },
    open: () => streamFile(path, name, known),
    close: () => undefined,
  };
}

/** As much as is kept of an image that waits to be sent. */
const mostHeadBytes = 4096;

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

async function* streamFile(path: Path, name: string, known: Stats): AsyncGenerator<Uint8Array> {
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
    throw unreadable(error, path, name);
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

function withFile<T>(path: Path, name: string, use: (file: number, stats: Stats) => T): T {
  const file = openFile(path, name);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw notAFile(stats).about(name);
    return use(file, stats);
  } catch (error) {
    throw unreadable(error, path, name);
  } finally {
    closeSync(file);
  }
}

/** Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it. Windows has no such flag. */
function openFile(path: Path, name: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw unreadable(error, path, name);
  }
}

function notAFile(stats: Stats): ImageError {
  if (stats.isDirectory()) return new ImageError(...systemErrors.EISDIR);
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  return new ImageError(`${what}, not a file`, {
    hint: 'To read an image from a pipe, name - and send it to standard input.',
  });
}

function unreadable(error: unknown, path: Path, name: string): unknown {
  // Only what the system says is about the file; anything else is not ours to reword.
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const [message, { hint }] = explain(code, path, name) ?? [
    `cannot be read (${code || error.message})`,
    { hint: 'Check the file and its disk.' },
  ];
  return new ImageError(message, { hint, cause: error }).about(name);
}

type Explanation = readonly [message: string, details: { readonly hint: Sentence }];

function explain(code: string, path: Path, name: string): Explanation | undefined {
  if (code === 'ENOENT' && isLink(path))
    return ['a link to a file that is not there', { hint: 'ls -l shows where it points to.' }];
  // Node shows a program only names that are UTF-8, with this mark for what is none.
  if (code === 'ENOENT' && name.includes('\ufffd'))
    return [
      'no such file',
      { hint: say`A name that is not UTF-8 is found in its folder, or by ${option('filesFrom')}.` },
    ];
  return (systemErrors as Readonly<Record<string, Explanation>>)[code];
}

function isLink(path: Path): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

const systemErrors = {
  ENOENT: ['no such file', { hint: 'Check the path; put a prompt of several words in quotes.' }],
  ENOTDIR: ['no such file', { hint: 'A part of the path is a file, not a folder.' }],
  EACCES: ['permission denied', { hint: 'Ask for the right to read it; ls -l shows its permissions.' }],
  EPERM: ['permission denied', { hint: 'The system does not let this program read it.' }],
  ELOOP: ['too many symbolic links', { hint: 'The link points to itself.' }],
  ENAMETOOLONG: ['the name is too long', { hint: 'Put a prompt after the image, or after -p.' }],
  ENXIO: [
    'a socket, not a file',
    { hint: 'To read an image from a pipe, name - and send it to standard input.' },
  ],
  EISDIR: ['a folder, not an image', { hint: 'Name one image in it.' }],
} as const satisfies Readonly<Record<string, Explanation>>;
