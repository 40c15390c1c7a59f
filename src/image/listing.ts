import { opendirSync } from 'node:fs';
import { extname, sep } from 'node:path';
import { codeOf, ImageError } from '../errors.ts';
import { isFolder, type Path } from './bytes.ts';
import { isNamedImage } from './looks-like-image.ts';
import { type ImageInput, isWebUrl } from './source.ts';

/** What images are named by. */
export interface Inputs {
  /** Folders, and images, which need not be there. */
  readonly named?: Iterable<ImageInput> | AsyncIterable<ImageInput> | undefined;
  /** Names of a list, which may hold other files too. */
  readonly listed?: AsyncIterable<Path> | undefined;
}

/** What was listed, and how many images it stands for, as far as names tell. */
export type Listing = { readonly count: number } & (
  | { readonly kind: 'input'; readonly input: ImageInput }
  | { readonly kind: 'failure'; readonly name: string; readonly error: ImageError }
  | Names
  | { readonly kind: 'end'; readonly name: string; readonly hasFolders: boolean }
);

/** The names of files in a folder, or of a list where there is none, packed. */
export interface Names {
  readonly kind: 'names';
  readonly folder?: Buffer;
  readonly names: Buffer;
}

export interface ListOptions {
  /** Whether subfolders are listed too. */
  readonly isRecursive: boolean;
  /** How many names of a list are handed on together. */
  readonly batchLength: number;
  /** Waited for every few milliseconds, so that other work can go on, such as Ctrl-C. */
  readonly breathe: () => Promise<void>;
}

/** Lists what inputs stand for, folders with all that is in them. Throws what the inputs throw. */
export async function* list({ named = [], listed }: Inputs, options: ListOptions): AsyncGenerator<Listing> {
  for await (const input of named) {
    if (typeof input === 'string' && isFolder(input)) yield* listFolder(input, options);
    else yield { kind: 'input', count: 1, input };
  }
  let batch: Path[] = [];
  for await (const path of listed ?? []) {
    const isOfFolder = typeof path === 'string' && !isWebUrl(path) && isFolder(path);
    if (!isOfFolder) batch.push(path);
    if (batch.length === options.batchLength || (isOfFolder && batch.length > 0)) {
      yield namesOf(batch);
      batch = [];
    }
    if (isOfFolder) yield* listFolder(path, options);
  }
  if (batch.length > 0) yield namesOf(batch);
}

function namesOf(names: readonly Path[]): Names & { count: number } {
  const count = names.filter((name) => mayBeImage(name.toString())).length;
  return { kind: 'names', names: pack(names), count };
}

async function* listFolder(name: string, { isRecursive, breathe }: ListOptions): AsyncGenerator<Listing> {
  let count = 0;
  let hasFolders = false;
  const left: Buffer[] = [Buffer.from(name)];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const found = await readFolder(path, breathe);
    if (found instanceof ImageError) {
      count += 1;
      yield { kind: 'failure', count: 1, name: path.toString(), error: found };
      continue;
    }
    const { files, folders } = found;
    hasFolders ||= folders.length > 0;
    if (files.length > 0) {
      const names = namesOf(files);
      count += names.count;
      yield { ...names, folder: path };
    }
    if (isRecursive) for (const below of folders.toReversed()) left.push(join(path, below));
  }
  yield { kind: 'end', count: Number(count === 0), name, hasFolders };
}

/** Whether a name may be that of an image: an extension of something else tells that it is none, though its bytes may tell that it is. */
export function mayBeImage(name: string): boolean {
  return isNamedImage(name) || isWebUrl(name) || extname(name) === '';
}

/** What a folder holds, without what is hidden, in natural order: numbers by their value (`2.png` before `10.png`). */
interface Folder {
  /** Files and links, also those to folders. */
  readonly files: readonly Path[];
  readonly folders: readonly Path[];
}

/** Reads the names in a folder; an `ImageError` where that cannot be. */
export async function readFolder(path: Buffer, breathe: () => Promise<void>): Promise<Folder | ImageError> {
  const files: Path[] = [];
  const folders: Path[] = [];
  try {
    const folder = opendirSync(path, { encoding: 'buffer', bufferSize: stepLength } as object);
    try {
      for (let step = 1, entry = folder.readSync(); entry !== null; step += 1, entry = folder.readSync()) {
        const name = asText(entry.name as unknown as Buffer);
        if (Buffer.from(name)[0] !== dot) (entry.isDirectory() ? folders : files).push(name);
        if (step % stepLength === 0) await breathe();
      }
    } finally {
      folder.closeSync();
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return unreadable(error, path);
    throw error;
  }
  return { files: await sorted(files, breathe), folders: await sorted(folders, breathe) };
}

/** So much takes a few milliseconds. */
const stepLength = 500;

const dot = 0x2e;

function unreadable(cause: Error, path: Buffer): ImageError {
  const code = codeOf(cause);
  const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : `cannot be read (${code})`;
  const hint = 'Check its permissions with ls -ld.';
  return new ImageError(`a folder, ${why}`, { hint, cause }).about(path.toString());
}

/** Merges halves, so that sorting 100,000 names, which takes a second, can be interrupted. */
async function sorted(names: Path[], breathe: () => Promise<void>): Promise<Path[]> {
  if (names.length <= stepLength) return names.sort(compare);
  const middle = names.length >> 1;
  const left = await sorted(names.slice(0, middle), breathe);
  const right = await sorted(names.slice(middle), breathe);
  const merged: Path[] = [];
  for (let at = 0, other = 0; ; ) {
    const [one, two] = [left[at], right[other]];
    if (one === undefined) return merged.concat(right.slice(other));
    if (two === undefined) return merged.concat(left.slice(at));
    const isFirst = compare(one, two) <= 0;
    merged.push(isFirst ? one : two);
    if (isFirst) at += 1;
    else other += 1;
    if (merged.length % stepLength === 0) await breathe();
  }
}

/** Numbers by their value, letters without regard to case; what is alike then, by its bytes. */
const order = new Intl.Collator('en', { numeric: true });
function compare(a: Path, b: Path): number {
  return order.compare(a.toString(), b.toString()) || Buffer.from(a).compare(Buffer.from(b));
}

/** Names in hardly more memory than their bytes, none of which is NUL. */
export function pack(names: readonly Path[]): Buffer {
  if (names.every((name) => typeof name === 'string')) return Buffer.from(names.join('\0'));
  return Buffer.concat(
    names.flatMap((name, index) => [Buffer.alloc(index === 0 ? 0 : 1), Buffer.from(name)]),
  );
}

/** Yields the names that were packed, at least one. */
export function* unpack(names: Buffer): Generator<Buffer> {
  let from = 0;
  for (let end = names.indexOf(0); end >= 0; end = names.indexOf(0, from)) {
    yield names.subarray(from, end);
    from = end + 1;
  }
  yield names.subarray(from);
}

/** `path.join` does not take bytes. */
export function join(folder: Buffer, name: Path): Buffer {
  const end = folder.at(-1);
  const isJoined = end === 0x2f || end === sep.charCodeAt(0);
  return Buffer.concat([folder, Buffer.from(isJoined ? '' : sep), Buffer.from(name)]);
}

/** The path as text, where that is the same path. */
export function asText(path: Buffer): Path {
  const text = path.toString();
  return Buffer.from(text).equals(path) ? text : path;
}
