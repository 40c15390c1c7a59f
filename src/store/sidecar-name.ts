import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { ImageError, option, say } from '../errors.ts';
import { isSendable } from '../image/looks-like-image.ts';
import type { FolderIdentity } from './atomic-file.ts';

/** Where the answer to an image goes. */
export interface Place {
  readonly path: string;
  /** The folder as it was when this run first saw it. */
  readonly folder: FolderIdentity;
  /** The same for all paths that lead to this place. */
  readonly key: string;
  /** The shorter name that it would have, if no other image had a claim to that. */
  readonly contested: string | undefined;
}

/** A folder as this run first saw it. */
interface Folder {
  readonly identity: FolderIdentity;
  /** Names that differ in their extension alone, or in case; all others are left out. */
  readonly alike: ReadonlyMap<string, readonly string[]>;
}

/**
 * Names the files beside images: `photo.txt` for `photo.jpg`, and `photo.jpg.txt` where there is a `photo.png` as well,
 * asked about or not, so that each has its own. Throws an `ImageError` for what no file can be beside.
 *
 * @param extension with its dot
 */
export function createPlaces(extension: string): (image: string) => Place {
  const folders = new Map<string, Folder>();
  return (image) => {
    checkName(image);
    const path = dirname(image);
    const folder = folders.get(path) ?? look(path, image);
    folders.set(path, folder);
    const name = basename(image);
    const stem = name.slice(0, name.length - extname(name).length);
    const isContested = hasRival(path, folder, name, stem);
    const place = join(path, `${isContested ? name : stem}${extension}`);
    const { dev, ino } = folder.identity;
    return {
      path: place,
      folder: folder.identity,
      key: `${dev}:${ino}:${folded(basename(place))}`,
      contested: isContested && name !== stem ? join(path, `${stem}${extension}`) : undefined,
    };
  };
}

function checkName(image: string): void {
  if (/^(?:https?|file):/i.test(image)) {
    throw new ImageError('not the path of a file, so nothing is written beside it', { hint }).about(image);
  }
  // Two such names can look the same.
  if (image.includes('\ufffd')) {
    throw new ImageError('its name is not UTF-8, so no file is named after it', { hint }).about(image);
  }
}

const hint = say`Collect the answers with ${option('output')}.`;

function look(path: string, image: string): Folder {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return { identity: { dev, ino }, alike: namesAlike(path) };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new ImageError(`${path} cannot be read: ${code}`, { hint, cause }).about(image);
  }
}

function namesAlike(path: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const entry of listed(path)) {
    if (entry.isDirectory()) continue;
    const stem = folded(entry.name.slice(0, entry.name.length - extname(entry.name).length));
    const alike = names.get(stem);
    if (alike === undefined) names.set(stem, [entry.name]);
    else alike.push(entry.name);
  }
  for (const [stem, { length }] of names) if (length === 1) names.delete(stem);
  return names;
}

/** A folder that may be entered and not listed has no images but those that were named. */
function listed(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether another image would have the same name beside it, or has it for its whole name. */
function hasRival(path: string, { alike }: Folder, name: string, stem: string): boolean {
  const others = (alike.get(folded(stem)) ?? []).filter((other) => isAnother(path, name, other, stem));
  const all = extname(stem) === '' ? others : [...others, stem];
  return all.some((other) => isSendable(join(path, other), other));
}

/** On macOS and Windows, most folders take two names for one that differ in case alone. */
function isAnother(path: string, name: string, other: string, stem: string): boolean {
  if (other === name) return false;
  const isSameStem = other.startsWith(stem) && extname(other).length === other.length - stem.length;
  const isSameName = folded(other) === folded(name);
  if (isSameStem && !isSameName) return true;
  const isOneFile = isSameFile(join(path, name), join(path, swapped(name)));
  return isSameName ? !isOneFile && isSameStem : isOneFile;
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [one, other].map((path) => lstatSync(path, { bigint: true }));
    return a?.ino === b?.ino && a?.dev === b?.dev;
  } catch {
    return false;
  }
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function swapped(name: string): string {
  const lower = name.toLowerCase();
  return lower === name ? name.toUpperCase() : lower;
}
