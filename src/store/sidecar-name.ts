import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { codeOf, ImageError } from '../errors.ts';
import { isSendable } from '../image/looks-like-image.ts';
import { option, say } from '../sentence.ts';
import { identityOf } from './atomic-file.ts';

/** Where the answer to an image goes. */
export interface Place {
  readonly path: string;
  /** The folder as it was when this run first saw it, by `identityOf`. */
  readonly folder: string;
  /** The same for all paths that lead to this place. */
  readonly key: string;
  /** The shorter name that it would have if no other image had a claim to it. */
  readonly contested: string | undefined;
}

/** A folder as this run first saw it. */
interface Folder {
  readonly identity: string;
  /** Names that differ only in their extension or in case, by what they share. */
  readonly alike: ReadonlyMap<string, readonly string[]>;
  /** Which of those have been opened, and whether they are sent. */
  readonly sendable: Map<string, boolean>;
}

/**
 * Names the files beside images: `photo.txt` for `photo.jpg`, and `photo.jpg.txt` where there is a `photo.png` as well,
 * asked about or not, so that each has its own. Throws an `ImageError` where none can be beside an image.
 *
 * @param extension with its dot
 */
export function createPlaces(extension: string): (image: string) => Place {
  const folders = new Map<string, Folder>();
  return (image) => {
    checkName(image);
    const path = dirname(image);
    const folder = folders.get(path) ?? readFolder(path, image);
    folders.set(path, folder);
    const name = basename(image);
    const stem = stemOf(name);
    const isContested = hasRival(path, folder, name, stem);
    const own = `${isContested ? name : stem}${extension}`;
    return {
      path: join(path, own),
      folder: folder.identity,
      key: `${folder.identity}:${folded(own)}`,
      contested: isContested && name !== stem ? join(path, `${stem}${extension}`) : undefined,
    };
  };
}

function checkName(image: string): void {
  const why = /^(?:https?|file):/i.test(image)
    ? 'not a file, so no answer can be written next to it'
    : // Two such names can look the same.
      image.includes('\ufffd')
      ? 'its name is not valid UTF-8, so no file can be named after it'
      : undefined;
  if (why !== undefined) throw new ImageError(why, { hint }).about(image);
}

const hint = say`Use ${option('output')} to collect the answers instead.`;

function readFolder(path: string, image: string): Folder {
  try {
    return { identity: identityOf(path), alike: namesAlike(path), sendable: new Map() };
  } catch (cause) {
    throw new ImageError(`${path} cannot be read: ${codeOf(cause)}`, { hint, cause }).about(image);
  }
}

function namesAlike(path: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const entry of list(path)) {
    if (entry.isDirectory()) continue;
    const stem = folded(stemOf(entry.name));
    const alike = names.get(stem);
    if (alike === undefined) names.set(stem, [entry.name]);
    else alike.push(entry.name);
  }
  // Most are alone, and there can be many.
  for (const [stem, { length }] of names) if (length === 1) names.delete(stem);
  return names;
}

/** A folder that may be entered and not listed has no images but those that were named. */
function list(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether another image would have the same name beside it, or has it as its whole name. */
function hasRival(path: string, { alike, sendable }: Folder, name: string, stem: string): boolean {
  const others = (alike.get(folded(stem)) ?? []).filter((other) => isAnother(path, name, other, stem));
  const all = extname(stem) === '' ? others : [...others, stem];
  return all.some((other) => {
    const isSent = sendable.get(other) ?? isSendable(join(path, other), other);
    sendable.set(other, isSent);
    return isSent;
  });
}

/** On macOS and Windows, most folders take two names for one that differ only in case. */
function isAnother(path: string, name: string, other: string, stem: string): boolean {
  if (other === name) return false;
  const isSameStem = stemOf(other) === stem;
  const isSameName = folded(other) === folded(name);
  if (isSameStem && !isSameName) return true;
  const ignoresCase = isSameFile(join(path, name), join(path, swapped(name)));
  return isSameName ? !ignoresCase && isSameStem : ignoresCase;
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [one, other].map((path) => lstatSync(path, { bigint: true }));
    return a?.ino === b?.ino && a?.dev === b?.dev;
  } catch {
    return false;
  }
}

function stemOf(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function swapped(name: string): string {
  const lower = name.toLowerCase();
  return lower === name ? name.toUpperCase() : lower;
}
