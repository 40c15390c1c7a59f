import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { ImageError, OutputError } from '../errors.ts';
import { isWebUrl } from '../image/source.ts';
import { looksLikeImage } from '../image/type/looks.ts';

export interface SidecarOptions {
  /** With its dot. */
  readonly extension: string;
  /** Whether one that is there is replaced. */
  readonly overwrite: boolean;
}

/** Answers beside their images: `photo.txt` for `photo.jpg`. */
export interface Sidecars {
  /** Whether one is there and is to stay. Throws where none could be written, before anything is asked. */
  isKept(image: string): boolean;
  /** Writes one, whole or not at all. Throws an `OutputError`. */
  write(image: string, text: string): void;
}

/** Keeps track of who wrote which: two images that differ in their extension alone would share one. */
export function createSidecars({ extension, overwrite }: SidecarOptions): Sidecars {
  const owners = new Map<string, string>();
  const writable = new Map<string, boolean>();
  const pathFor = (image: string) => join(dirname(image), `${basename(image, extname(image))}${extension}`);
  return {
    isKept: (image) => {
      if (isWebUrl(image)) throw noFolder(image);
      const path = pathFor(image);
      if (existsSync(path) && looksLikeImage(path, path)) throw wouldOverwrite(image, path);
      const owner = owners.get(path) ?? image;
      if (owner !== image) throw shared(image, path, owner);
      owners.set(path, image);
      if (existsSync(path) && !overwrite) return true;
      const folder = dirname(image);
      if (!writable.has(folder)) writable.set(folder, isWritable(folder));
      if (!writable.get(folder)) throw readOnly(image);
      return false;
    },
    write: (image, text) => writeWhole(pathFor(image), text),
  };
}

/** Throws an `OutputError` for the first image that nothing can be written beside, so that it is known before the first request. */
export async function checkFolders(images: AsyncIterable<{ readonly name: string }>): Promise<void> {
  const seen = new Set<string>();
  for await (const { name } of images) {
    const folder = dirname(name);
    if (seen.has(folder) || isWebUrl(name)) continue;
    seen.add(folder);
    if (!isWritable(folder))
      throw new OutputError(`nothing can be written into ${folder}`, { hint: elsewhere });
  }
}

/** Tries it, since rights, access lists and read-only disks say different things. A folder that is not there is another failure. */
function isWritable(folder: string): boolean {
  const probe = join(folder, `.describe-image-${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(probe, '', { flag: 'wx' });
    rmSync(probe, { force: true });
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

const elsewhere = 'Ask for the right to write there, or collect the answers with `output`.';

function readOnly(image: string): ImageError {
  return new ImageError('nothing can be written beside it', { hint: elsewhere }).about(image);
}

function noFolder(image: string): ImageError {
  return new ImageError('not a file, so nothing can be written beside it', {
    hint: 'Collect the answers with `output`.',
  }).about(image);
}

/** A reader sees the old file or the new one, never half of either. */
function writeWhole(path: string, text: string): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : code;
    throw new OutputError(`${path} cannot be written: ${why}`, {
      hint: 'What is written is kept; run it again once it can go on.',
      cause,
    });
  }
}

function wouldOverwrite(image: string, path: string): ImageError {
  return new ImageError(`${path} is an image, and no answer is written over it`, {
    hint: 'Give the answers another extension.',
  }).about(image);
}

function shared(image: string, path: string, owner: string): ImageError {
  return new ImageError(`${path} is already that of ${owner}`, {
    hint: 'Give one of the two another name; images that differ in their extension alone share a file.',
  }).about(image);
}
