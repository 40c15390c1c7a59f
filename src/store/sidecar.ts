import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AbortedError, ImageError, OutputError, option, say } from '../errors.ts';
import { isFile } from '../image/bytes.ts';
import { isNamedSendable, isSendable, looksLikeImage } from '../image/looks-like-image.ts';
import { type Draft, openDraft } from './atomic-file.ts';
import { codeOf } from './failures.ts';
import { createPlaces, type Place } from './sidecar-name.ts';

export interface SidecarOptions {
  /** With its dot. */
  readonly extension: string;
  /** Whether one that is there is replaced. */
  readonly overwrite: boolean;
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** Answers beside their images: `photo.txt` for `photo.jpg`. */
export interface Sidecars {
  /** Whether one is there and is to stay. Changes nothing. Throws an `ImageError` where none could be written. */
  isThere(image: string): boolean;
  /** The same for all names of an image, and for images that share one. Throws like `isThere`. */
  placeOf(image: string): string;
  /**
   * Looks, before the first request, whether what has to be written beside images can be. Throws an `OutputError` that names
   * the first folder where it cannot.
   */
  checkFolders(
    found: AsyncIterable<{ readonly name: string; readonly error?: unknown }>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Opens a draft of one, before its image is asked about. Throws an `ImageError` where that concerns this image alone, and an
   * `OutputError` where it concerns all.
   */
  claim(image: string): Promise<void>;
  /** Writes what was claimed, whole or not at all; nothing where nothing was. Throws an `OutputError`. */
  write(image: string, text: string): Promise<void>;
  /** Gives up what was claimed and not written. */
  release(image: string): void;
  /** The same of all; does not wait. */
  releaseAll(): void;
}

/** Keeps track of what is claimed and what was written. */
export function createSidecars({ extension, overwrite, onWarning }: SidecarOptions): Sidecars {
  const placeFor = createPlaces(extension);
  const claims = new Map<string, { readonly place: Place; readonly draft: Draft }>();
  const claimed = new Set<string>();
  /** With `overwrite`, what was there before counts for nothing, and these do. */
  const written = new Set<string>();
  const warned = new Set<string>();
  /** Folders that took a file in this run. */
  const taking = new Set<string>();

  const isThere = (image: string): boolean => {
    const { path, key } = placeFor(image);
    if (written.has(key)) return true;
    if (!exists(path, image)) return false;
    if (looksLikeImage(path, path)) throw wouldOverwrite(image, path);
    if (!isFile(path)) throw inTheWay(image, path);
    return !overwrite;
  };

  const warnOf = ({ contested, path }: Place) => {
    if (contested === undefined || warned.has(contested) || !exists(contested, contested)) return;
    warned.add(contested);
    onWarning?.(
      `${contested} stays as it is: other images share its name, so answers have whole names, such as ${basename(path)}`,
    );
  };

  const release = (image: string) => {
    const claim = claims.get(image);
    claims.delete(image);
    if (claim === undefined) return;
    claimed.delete(claim.place.key);
    claim.draft.discard();
  };

  return {
    isThere,
    placeOf: (image) => placeFor(image).key,
    async checkFolders(found, signal) {
      const seen = new Set<string>();
      for await (const { name, error } of found) {
        if (signal.aborted) throw new AbortedError('aborted', { cause: signal.reason });
        const folder = dirname(name);
        if (error !== undefined || seen.has(folder) || !isFile(name)) continue;
        // What cannot be sent, or has its answer, has nothing to be written beside it.
        if (!isMissing(name, isThere)) continue;
        // An image is opened only where its name does not tell, or where nothing can be written.
        if (!isNamedSendable(name) && !isSendable(name, name)) continue;
        try {
          if (await isTaking(placeFor(name))) taking.add(folder);
        } catch (failure) {
          if (isSendable(name, name)) throw failure;
          continue;
        }
        seen.add(folder);
      }
    },
    async claim(image) {
      const place = placeFor(image);
      if (claimed.has(place.key)) throw shared(image, place.path);
      claimed.add(place.key);
      try {
        const replaces = overwrite && exists(place.path, image);
        const draft = await openDraft(place.path, { folder: place.folder, replaces });
        claims.set(image, { place, draft });
        taking.add(dirname(image));
      } catch (cause) {
        claimed.delete(place.key);
        throw explainClaim(cause, image, place.path, taking.has(dirname(image)));
      }
      warnOf(place);
    },
    async write(image, text) {
      const claim = claims.get(image);
      if (claim === undefined) return;
      try {
        await claim.draft.publish(text);
      } catch (cause) {
        throw explainWrite(cause, image, claim.place.path);
      }
      written.add(claim.place.key);
    },
    release,
    releaseAll: () => {
      for (const image of claims.keys()) release(image);
    },
  };
}

/** What is wrong with one image is said when it is its turn. */
function isMissing(image: string, isThere: (image: string) => boolean): boolean {
  try {
    return !isThere(image);
  } catch {
    return false;
  }
}

/** Whether a folder takes a file; false where it is gone, which is told with its images. Throws an `OutputError`. */
async function isTaking({ path, folder }: Place): Promise<boolean> {
  try {
    (await openDraft(path, { folder, replaces: false })).discard();
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    const why = disks[codeOf(cause)];
    throw new OutputError(
      `nothing can be written into ${dirname(path)}${why === undefined ? '' : `: ${why}`}`,
      {
        hint: elsewhere,
        cause,
      },
    );
  }
}

function exists(path: string, image: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    const code = codeOf(cause);
    const why = code === 'ENAMETOOLONG' ? 'the name is too long' : code;
    throw new ImageError(`${path} cannot be written: ${why}`, { hint: collect, cause }).about(image);
  }
}

const collect = say`Collect the answers with ${option('output')}.`;
const elsewhere = say`Ask for the right to write there, or collect the answers with ${option('output')}.`;

/** Nothing is paid for yet: only what concerns every folder, or changed meanwhile, ends the batch. */
function explainClaim(cause: unknown, image: string, path: string, wasTaking: boolean): unknown {
  const code = codeOf(cause);
  if (code === '') return cause;
  const why = disks[code] ?? (wasTaking ? changes[code] : undefined);
  if (why !== undefined)
    return new OutputError(`${path} cannot be written: ${why}`, { hint: elsewhere, cause });
  return new ImageError('nothing can be written beside it', { hint: elsewhere, cause }).about(image);
}

function explainWrite(cause: unknown, image: string, path: string): unknown {
  const code = codeOf(cause);
  if (code === '') return cause;
  const why = disks[code] ?? changes[code] ?? code;
  return new OutputError(`${path} cannot be written: ${why}`, {
    hint: 'Its answer is on standard output, and nothing more is asked. What is written is kept: run it again once that is put right.',
    cause,
  }).about(image);
}

/** What concerns every file that is to be written. */
const disks: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be larger than is allowed',
  EROFS: 'the disk is read-only',
  EIO: 'the disk reports an error',
};

/** What became of a place that could be written to when it was claimed. */
const changes: Readonly<Record<string, string>> = {
  EEXIST: 'another program has put a file there meanwhile, and it stays',
  EACCES: 'its folder no longer takes new files',
  EPERM: 'its folder no longer takes new files',
  ENOENT: 'its folder was moved or removed meanwhile',
  ENOTDIR: 'its folder was moved or removed meanwhile',
  ESTALE: 'its folder was replaced meanwhile',
};

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

function shared(image: string, path: string): ImageError {
  return new ImageError(`${path} is already that of another image`, {
    hint: 'Give one of the two another name.',
  }).about(image);
}
