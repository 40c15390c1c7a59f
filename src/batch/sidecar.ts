import { lstatSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AbortedError, ImageError, OutputError } from '../errors.ts';
import { looksLikeImage } from '../image/looks-like-image.ts';
import { isFile } from '../image/open/file.ts';
import { isWritable, writeWhole } from './whole-file.ts';

export interface SidecarOptions {
  /** With its dot. */
  readonly extension: string;
  /** Whether one that is there is replaced. */
  readonly overwrite: boolean;
}

/** Answers beside their images: `photo.txt` for `photo.jpg`. */
export interface Sidecars {
  /** Whether one is there and is to stay. Throws an `ImageError` where none could be written, before anything is asked. */
  isKept(image: string): boolean;
  /**
   * Writes one, whole or not at all, unless one is there that is to stay. Throws an `ImageError` where that concerns this image
   * alone, and an `OutputError` where it concerns all.
   */
  write(image: string, text: string): void;
}

/** Keeps track of who wrote which: two images that differ in their extension alone would share one. */
export function createSidecars(options: SidecarOptions): Sidecars {
  const owners = new Map<string, string>();
  const writable = new Map<string, boolean>();
  return {
    isKept: (image) => {
      checkName(image);
      const path = sidecarOf(image, options);
      const isThere = exists(path, image);
      if (isThere && looksLikeImage(path, path)) throw wouldOverwrite(image, path);
      const [key, self] = [resolve(path), resolve(image)];
      const owner = owners.get(key);
      if (owner !== undefined && owner !== self) throw shared(image, path, owner);
      // The same image under two spellings is asked about once.
      if (owner === self) return true;
      owners.set(key, self);
      if (isThere && !isFile(path)) throw inTheWay(image, path);
      if (isThere && !options.overwrite) return true;
      const folder = dirname(image);
      if (!writable.has(folder)) writable.set(folder, isWritable(folder));
      if (!writable.get(folder)) throw readOnly(image);
      return false;
    },
    write: (image, text) => {
      const path = sidecarOf(image, options);
      if (options.overwrite || !exists(path, image)) writeWhole(path, text, image);
    },
  };
}

/**
 * Looks, before the first request, whether what has to be written beside images can be. Throws an `OutputError` that names the
 * first folder where it cannot.
 */
export async function checkFolders(
  found: AsyncIterable<{ readonly name: string; readonly error?: unknown }>,
  options: SidecarOptions,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>();
  for await (const { name, error } of found) {
    if (signal.aborted) throw new AbortedError('aborted', { cause: signal.reason });
    const folder = dirname(name);
    // What is no file, or has its answer, has nothing to be written beside it.
    if (error !== undefined || seen.has(folder) || !isThere(name)) continue;
    if (!options.overwrite && isThere(sidecarOf(name, options))) continue;
    seen.add(folder);
    if (!isWritable(folder))
      throw new OutputError(`nothing can be written into ${folder}`, { hint: elsewhere });
  }
}

function sidecarOf(image: string, { extension }: Pick<SidecarOptions, 'extension'>): string {
  return join(dirname(image), `${basename(image, extname(image))}${extension}`);
}

function checkName(image: string): void {
  if (/^(?:https?|file):/i.test(image)) {
    throw new ImageError('not the path of a file, so nothing is written beside it', { hint: collect }).about(
      image,
    );
  }
  // Two such names can look the same.
  if (image.includes('\ufffd')) {
    throw new ImageError('its name is not UTF-8, so no file is named after it', { hint: collect }).about(
      image,
    );
  }
}

function exists(path: string, image: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    throw new ImageError(`${path} cannot be written: ${codeOf(cause)}`, { hint: collect, cause }).about(
      image,
    );
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ENAMETOOLONG' ? 'the name is too long' : code;
}

const collect = 'Collect the answers with `output`.';
const elsewhere = 'Ask for the right to write there, or collect the answers with `output`.';

function readOnly(image: string): ImageError {
  return new ImageError('nothing can be written beside it', { hint: elsewhere }).about(image);
}

function inTheWay(image: string, path: string): ImageError {
  return new ImageError(`${path} is no file, and no answer can take its place`, {
    hint: 'Give the answers another extension.',
  }).about(image);
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
