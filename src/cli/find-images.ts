import type { Found } from '../engine/tools.ts';
import { ImageError } from '../errors.ts';
import { collect } from '../image/find.ts';
import { type ImageInput, nameOfInput } from '../image/source.ts';
import { openImages } from './images.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** Yields every image that was named, folders and lists unfolded; what else a list names is told and skipped. */
export function findImages(
  { images, question, isQuiet }: Settings,
  io: Io,
  notices: Notices,
): AsyncGenerator<Found> {
  const skip = (name: string) => isQuiet || notices.warning(skipped(name));
  return collect(openImages(images, io, question, skip), images.isRecursive);
}

/** All images that were named, as one question. Throws an `ImageError` for one that is not found, and where there is none. */
export async function gatherImages(settings: Settings, io: Io, notices: Notices): Promise<Found> {
  const inputs: ImageInput[] = [];
  for await (const found of findImages(settings, io, notices)) {
    if ('error' in found) throw found.error;
    inputs.push(...found.inputs);
  }
  if (inputs.length === 0) {
    throw new ImageError('no images in the list', { hint: 'There is nothing to ask about.' });
  }
  const [first] = inputs;
  const name = inputs.length === 1 && first !== undefined ? nameOfInput(first) : `${inputs.length} images`;
  return { name, inputs, isTogether: true };
}

/** Git quotes names that are not plain, unless it ends them with NUL. */
function skipped(name: string): string {
  const isQuoted = /^".*"$/s.test(name);
  return `${name}: not an image, skipped${isQuoted ? '; git writes names as they are with -z, read by -0' : ''}`;
}
