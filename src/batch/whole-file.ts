import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ImageError, OutputError } from '../errors.ts';

/**
 * Writes a file so that a reader sees the old one or the new one, never half of either. Throws an `OutputError` where nothing
 * more can be written, and an `ImageError` about `image` where that is so of this file alone.
 */
export function writeWhole(path: string, text: string, image: string): void {
  const draft = draftIn(dirname(path));
  try {
    // On the disk before it has its name: after a power cut an empty file would be taken for an answer.
    writeFileSync(draft, text, { flag: 'wx', flush: true });
    renameSync(draft, path);
  } catch (cause) {
    remove(draft);
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (disks[code] === undefined) {
      throw new ImageError(`answered, but ${path} cannot be written (${code})`, {
        hint: 'Look at what is in its place, and run it again.',
        cause,
      }).about(image);
    }
    throw new OutputError(`${path} cannot be written: ${disks[code]}`, {
      hint: 'What is written is kept; run it again once there is room.',
      cause,
    });
  }
}

/** Whether a folder takes new files: tried, since rights, access lists and read-only disks say different things. */
export function isWritable(folder: string): boolean {
  const draft = draftIn(folder);
  try {
    writeFileSync(draft, '', { flag: 'wx' });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // A full disk is another failure, and so is a folder that is gone; others tell them better.
    return ['ENOENT', 'ENOSPC', 'EDQUOT'].includes(code);
  } finally {
    remove(draft);
  }
}

function draftIn(folder: string): string {
  return join(folder, `.describe-image-${randomBytes(6).toString('hex')}`);
}

function remove(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // What could not be written need not be removed.
  }
}

/** What concerns every file that is to be written. */
const disks: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be larger than is allowed',
  EROFS: 'the disk is read-only',
  EIO: 'the disk reports an error',
};
