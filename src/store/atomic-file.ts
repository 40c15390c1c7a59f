import { randomBytes } from 'node:crypto';
import { lstatSync, statSync, unlinkSync } from 'node:fs';
import { link, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../errors.ts';

/** A hidden file in the folder of the file that it is to become. */
export interface Draft {
  /**
   * Writes the text, then renames the draft, so that readers see the whole file or none, even after a power cut. Rejects
   * with the system's own errors; the path is unchanged then.
   */
  publish(text: string): Promise<void>;
  /** Removes the draft unless it was published. Synchronous, so that it works while the process ends. */
  discard(): void;
}

/** How a draft is published. */
export interface DraftOptions {
  /** The folder it must be in, by `identityOf`: nothing is written into another one that has its name. */
  readonly folder: string;
  /** Whether it replaces a file of its name; otherwise that file stays, and publishing fails with `EEXIST`. */
  readonly replaces: boolean;
}

/**
 * Opens a draft of a file and reserves some space on the disk. Rejects with the system's own errors, such as `ENOSPC`, and
 * with `ESTALE` where the folder was replaced.
 */
export async function openDraft(path: string, { folder, replaces }: DraftOptions): Promise<Draft> {
  const parent = dirname(path);
  const draft = join(parent, `.describe-image-${randomBytes(8).toString('hex')}`);
  checkFolder(parent, folder);
  const file = await open(draft, 'wx');
  let isOver = false;
  const discard = () => {
    if (isOver) return;
    isOver = true;
    void file.close().catch(() => undefined);
    tryRemove(draft);
  };
  try {
    await file.write(Buffer.alloc(reservedBytes, ' '), 0, reservedBytes, 0);
  } catch (error) {
    discard();
    throw error;
  }
  return {
    discard,
    async publish(text) {
      await file.writeFile(text);
      await file.truncate(Buffer.byteLength(text));
      // Before the rename: after a power cut an empty file would pass for an answer.
      await file.sync();
      await file.close();
      checkFolder(parent, folder);
      if (replaces) await rename(draft, path);
      else await renameUnlessThere(draft, path);
      isOver = true;
    },
  };
}

/** Tells a folder from another one that takes its name. Throws the system's own errors. */
export function identityOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
}

/** Removes a file if it can be: what is left over counts for nothing. */
export function tryRemove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never written, or its folder no longer takes changes.
  }
}

/** What a failed write means where it concerns the whole disk. */
export const diskErrors: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file has reached the size limit',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reported an I/O error',
};

/** Enough for most answers: a disk without it is full before anything is paid for. */
const reservedBytes = 4096;

function checkFolder(path: string, identity: string): void {
  if (identityOf(path) !== identity) throw systemError('ESTALE', 'the folder was replaced');
}

/** A link fails where the name is taken. FAT and some network drives have no links, so there it is checked before. */
async function renameUnlessThere(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
    tryRemove(draft);
    return;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
  }
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    throw systemError('EEXIST', 'the file exists');
  await rename(draft, path);
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
