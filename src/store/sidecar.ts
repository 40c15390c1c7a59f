import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AbortedError, codeOf, ImageError, OutputError } from '../errors.ts';
import { isFile } from '../image/bytes.ts';
import { isNamedSendable, isSendable, looksLikeImage } from '../image/looks-like-image.ts';
import { option, type Sentence, say } from '../sentence.ts';
import { type Draft, diskErrors, openDraft } from './atomic-file.ts';
import { createPlaces, type Place } from './sidecar-name.ts';

export interface SidecarOptions {
  /** With its dot. */
  readonly extension: string;
  /** Whether one that is there is replaced. */
  readonly overwrite: boolean;
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** Answers in files beside their images: `photo.txt` for `photo.jpg`. */
export interface Sidecars {
  /** Whether there is one that is to stay. Changes nothing. Throws an `ImageError` where none could be written. */
  isThere(image: string): boolean;
  /** The same for all names of an image, and for images that share one. Throws like `isThere`. */
  placeOf(image: string): string;
  /** Checks, before the first request, every folder that is to take one. Throws an `OutputError` for the first that cannot. */
  checkFolders(names: AsyncIterable<string>, signal: AbortSignal): Promise<void>;
  /**
   * Opens a draft before the image is asked about. Throws an `ImageError` where that fails for this image alone, and an
   * `OutputError` where it would for all.
   */
  claim(image: string): Promise<void>;
  /** Writes what was claimed, whole or not at all; nothing where nothing was. Throws an `OutputError`. */
  write(image: string, text: string): Promise<void>;
  /** Removes the draft that was claimed, unless it was written. */
  release(image: string): void;
  /** Removes all drafts. Synchronous, so that it works while the process ends. */
  releaseAll(): void;
}

/** Keeps track of what is claimed and what was written. */
export function createSidecars({ extension, overwrite, onWarning }: SidecarOptions): Sidecars {
  const placeFor = createPlaces(extension);
  const claims = new Map<string, { readonly place: Place; readonly draft: Draft }>();
  const claimed = new Set<string>();
  /** With `overwrite`, only what was written in this run counts. */
  const written = new Set<string>();
  const warned = new Set<string>();
  /** Folders that took a draft in this run. */
  const writable = new Set<string>();

  const isThere = (image: string): boolean => {
    const { path, key } = placeFor(image);
    if (written.has(key)) return true;
    if (!exists(path, image)) return false;
    const otherExtension = 'Use another extension for the answers.';
    if (looksLikeImage(path, path))
      throw refusal(image, `${path} is an image, which is not overwritten`, otherExtension);
    if (!isFile(path))
      throw refusal(image, `${path} is not a file, and no answer can replace it`, otherExtension);
    return !overwrite;
  };

  const warnOf = ({ contested, path }: Place) => {
    if (contested === undefined || warned.has(contested) || !exists(contested, contested)) return;
    warned.add(contested);
    onWarning?.(
      `${contested} is kept: several images share its name, so their answers have full names, such as ${basename(path)}`,
    );
  };

  const release = (image: string) => {
    const claim = claims.get(image);
    if (claim === undefined) return;
    claims.delete(image);
    claimed.delete(claim.place.key);
    claim.draft.discard();
  };

  return {
    isThere,
    placeOf: (image) => placeFor(image).key,
    async checkFolders(names, signal) {
      const seen = new Set<string>();
      for await (const name of names) {
        if (signal.aborted) throw new AbortedError('aborted', { cause: signal.reason });
        const folder = dirname(name);
        if (seen.has(folder) || !isFile(name)) continue;
        // An image that has its answer needs no file beside it.
        if (!isMissing(name, isThere)) continue;
        // Nor does one that cannot be sent; it is opened only where its name does not tell, or where nothing can be written.
        if (!isNamedSendable(name) && !isSendable(name, name)) continue;
        try {
          if (await isWritable(placeFor(name))) writable.add(folder);
        } catch (failure) {
          if (isSendable(name, name)) throw failure;
          continue;
        }
        seen.add(folder);
      }
    },
    async claim(image) {
      const place = placeFor(image);
      if (claimed.has(place.key))
        throw refusal(image, `${place.path} is that of another image, too`, 'Rename one of the two.');
      claimed.add(place.key);
      try {
        const replaces = overwrite && exists(place.path, image);
        const draft = await openDraft(place.path, { folder: place.folder, replaces });
        claims.set(image, { place, draft });
        writable.add(dirname(image));
      } catch (cause) {
        claimed.delete(place.key);
        throw explainClaim(cause, image, place.path, writable.has(dirname(image)));
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

/** What is wrong with one image is reported when it is asked about. */
function isMissing(image: string, isThere: (image: string) => boolean): boolean {
  try {
    return !isThere(image);
  } catch {
    return false;
  }
}

/** False where the folder is gone, which is reported with its images. Throws an `OutputError` where it takes no file. */
async function isWritable({ path, folder }: Place): Promise<boolean> {
  try {
    (await openDraft(path, { folder, replaces: false })).discard();
    return true;
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return false;
    const why = diskErrors[code] === undefined ? '' : `: ${diskErrors[code]}`;
    throw new OutputError(`cannot write to ${dirname(path)}${why}`, { hint: elsewhere, cause });
  }
}

function exists(path: string, image: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    const code = codeOf(cause);
    const why = code === 'ENAMETOOLONG' ? 'the name is too long' : code;
    const hint = say`Use ${option('output')} to collect the answers instead.`;
    throw refusal(image, `${path} cannot be written: ${why}`, hint, cause);
  }
}

const elsewhere = say`Check the permissions of the folder, or use ${option('output')} to collect the answers.`;

/** Nothing is paid for yet: only what concerns every folder, or changed during the run, ends the run. */
function explainClaim(cause: unknown, image: string, path: string, wasWritable: boolean): unknown {
  const code = codeOf(cause);
  if (code === '') return cause;
  const why = diskErrors[code] ?? (wasWritable ? changes[code] : undefined);
  if (why === undefined) return refusal(image, 'cannot write next to it', elsewhere, cause);
  return new OutputError(`${path} cannot be written: ${why}`, { hint: elsewhere, cause });
}

function explainWrite(cause: unknown, image: string, path: string): unknown {
  const code = codeOf(cause);
  if (code === '') return cause;
  return new OutputError(`${path} cannot be written: ${diskErrors[code] ?? changes[code] ?? code}`, {
    hint: 'Its answer is on standard output, and nothing more is asked. What is written is kept; run it again once that is fixed.',
    cause,
  }).about(image);
}

/** What became of a folder that was writable before. */
const changes: Readonly<Record<string, string>> = {
  EEXIST: 'another program has created the file, and it stays',
  EACCES: 'new files are no longer allowed in its folder',
  EPERM: 'new files are no longer allowed in its folder',
  ENOENT: 'its folder was moved or removed',
  ENOTDIR: 'its folder was moved or removed',
  ESTALE: 'its folder was replaced',
};

function refusal(image: string, message: string, hint: Sentence, cause?: unknown): ImageError {
  return new ImageError(message, { hint, cause }).about(image);
}
