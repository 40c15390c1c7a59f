import { collect } from '../image/find.ts';
import { canBeReadTwice, type ImageSettings, wordsOf } from './images.ts';
import type { Io } from './io.ts';

/**
 * Counts the images that were named, while the first of them are asked about; undefined where standard input names them, as
 * that can be read once.
 *
 * @param signal raised when nobody waits for the number any more
 */
export async function countImages(
  images: ImageSettings,
  io: Io,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (images.list !== undefined && !canBeReadTwice(images.list)) return undefined;
  let count = Number(images.isClipboard);
  for await (const _ of collect(wordsOf(images, io), images.isRecursive)) {
    count += 1;
    if (signal.aborted) return undefined;
  }
  return count;
}
