import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ImageError } from '../errors.ts';
import { looksLikeImage } from './looks-like-image.ts';

export interface FoundFile {
  readonly kind: 'image';
  readonly name: string;
  /** As bytes where the name is not valid UTF-8. */
  readonly path: string | Buffer;
}

type Found =
  | FoundFile
  | { readonly kind: 'folder'; readonly name: string }
  | { readonly kind: 'failure'; readonly name: string; readonly error: ImageError };

/**
 * Yields the images of a folder, sorted as people sort (`2.png` before `10.png`), then those of the folders below.
 * Hidden files and folders are skipped, and links to folders are not followed. A folder that cannot be read is a failure
 * and does not end the walk.
 */
export async function* walkFolder(folder: string, isRecursive: boolean): AsyncGenerator<Found> {
  yield* walk(Buffer.from(folder), isRecursive);
}

async function* walk(folder: Buffer, isRecursive: boolean): AsyncGenerator<Found> {
  const entries = listFolder(folder);
  if (entries instanceof ImageError) {
    yield { kind: 'failure', name: nameOf(folder), error: entries };
    return;
  }
  const below: Buffer[] = [];
  for (const [index, entry] of entries.entries()) {
    if (index % breathAfter === breathAfter - 1) await setImmediate();
    const path = join(folder, Buffer.from(entry.name));
    if (entry.isFolder) below.push(path);
    else if (looksLikeImage(path, nameOf(path)))
      yield { kind: 'image', name: nameOf(path), path: asText(path) };
  }
  for (const path of below) {
    yield { kind: 'folder', name: nameOf(path) };
    if (isRecursive) yield* walk(path, isRecursive);
  }
}

/** So many names are looked at before anything else may go on, such as Ctrl-C. */
const breathAfter = 200;

/** What a folder holds; there may be very many, so it is small. */
interface Entry {
  /** As bytes where it is not valid UTF-8. */
  readonly name: string | Buffer;
  readonly isFolder: boolean;
}

function listFolder(folder: Buffer): Entry[] | ImageError {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })
      .filter(({ name }) => name[0] !== dot)
      .map((entry) => ({ name: asText(entry.name), isFolder: entry.isDirectory() }))
      .sort((one, other) => compare(one.name, other.name));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : `cannot be read (${code})`;
    return new ImageError(`a folder, ${why}`, { hint: 'ls -ld shows its permissions.', cause }).about(
      nameOf(folder),
    );
  }
}

const dot = 0x2e;

/** Numbers by their value, letters without regard to case; what is alike then, by its bytes. */
const order = new Intl.Collator('en', { numeric: true });
function compare(a: string | Buffer, b: string | Buffer): number {
  return order.compare(a.toString(), b.toString()) || Buffer.from(a).compare(Buffer.from(b));
}

/** `path.join` knows no bytes. */
function join(folder: Buffer, name: Buffer): Buffer {
  const end = folder.at(-1);
  const isJoined = end === 0x2f || end === sep.charCodeAt(0);
  return Buffer.concat([folder, Buffer.from(isJoined ? '' : sep), name]);
}

function nameOf(path: Buffer): string {
  return path.toString('utf8');
}

/** The path as text, where that is the same path. */
function asText(path: Buffer): string | Buffer {
  const text = nameOf(path);
  return Buffer.from(text).equals(path) ? text : path;
}
