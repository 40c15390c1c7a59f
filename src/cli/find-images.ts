import type { Candidate } from '../engine/outcome.ts';
import { collect } from '../image/find.ts';
import { openImages } from './images.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** Yields every image that was named, folders and lists unfolded; what a list names besides is told and left out. */
export function findImages(
  { images, question, isQuiet }: Settings,
  io: Io,
  notices: Notices,
): AsyncGenerator<Candidate> {
  const skip = (name: string) => isQuiet || notices.warning(leftOut(name));
  return collect(openImages(images, io, question, skip), images.isRecursive);
}

/** Git quotes names that are not plain, unless it ends them with NUL. */
function leftOut(name: string): string {
  const isQuoted = /^".*"$/s.test(name);
  return `${name}: not an image, left out${isQuoted ? '; git writes names as they are with -z, read by -0' : ''}`;
}
