import { setImmediate } from 'node:timers/promises';
import { collect } from '../batch/collect.ts';
import { isFile } from '../image/open/file.ts';
import { type ImageSettings, wordsOf } from './images.ts';
import type { Io } from './io.ts';

/** So many names are looked at before anything else may go on. */
const breathAfter = 200;

/**
 * Counts the images that were named, while the first of them are asked about; undefined where standard input names them, as
 * that can be read once, and where nobody waits for the number any more.
 */
export async function countImages(images: ImageSettings, io: Io): Promise<number | undefined> {
  // A pipe, too, can be read once.
  if (images.list !== undefined && !isFile(images.list)) return undefined;
  let count = Number(images.isClipboard);
  for await (const _ of collect(wordsOf(images, io), images.isRecursive)) {
    count += 1;
    if (count % breathAfter === 0) await setImmediate();
    if (io.signal.aborted) return undefined;
  }
  return count;
}
