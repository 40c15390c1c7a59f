import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { ImageError, OutputError } from '../errors.ts';

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
  const pathFor = (image: string) => join(dirname(image), `${basename(image, extname(image))}${extension}`);
  return {
    isKept: (image) => {
      const path = pathFor(image);
      const owner = owners.get(path) ?? image;
      if (owner !== image) throw shared(image, path, owner);
      owners.set(path, image);
      if (existsSync(path) && !overwrite) return true;
      checkFolder(dirname(image), image);
      return false;
    },
    write: (image, text) => writeWhole(pathFor(image), text),
  };
}

/** Throws an `OutputError` where no sidecar could be written into a folder. */
export function checkFolder(folder: string, about: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new OutputError(`${about}: nothing can be written beside it, in ${folder}`, {
      hint: 'Ask for the right to write there, or collect the answers with `output`.',
      cause,
    });
  }
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

function shared(image: string, path: string, owner: string): ImageError {
  return new ImageError(`${path} is already that of ${owner}`, {
    hint: 'Give one of the two another name; images that differ in their extension alone share a file.',
  }).about(image);
}
