import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from './failures.ts';

/** A folder, however it is called: when another one takes its name, these differ. */
export interface FolderIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A hidden file that takes the place of a file that is not written yet. Nobody takes it for that file. */
export interface Draft {
  /**
   * Writes the text and gives the file its name, so that a reader sees nothing or all of it, also after a power cut. Rejects
   * with the system's own errors; then nothing has that name that had not before.
   */
  publish(text: string): Promise<void>;
  /** Removes the draft, unless it was published. Does not wait, so that it can be done while the process ends. */
  discard(): void;
}

/** How a draft takes its place. */
export interface DraftOptions {
  /** The folder that it must be in; in another one of that name nothing is written. */
  readonly folder: FolderIdentity;
  /** Whether it replaces what has its name by then; else that stays, and publishing fails with `EEXIST`. */
  readonly replaces: boolean;
}

/**
 * Opens a draft of a file, in the same folder, with some room on the disk. Rejects with the system's own errors, such as
 * `ENOSPC`, and with `ESTALE` where the folder is another one.
 */
export async function openDraft(path: string, options: DraftOptions): Promise<Draft> {
  const folder = dirname(path);
  const draft = join(folder, `${draftPrefix}${randomBytes(8).toString('hex')}`);
  await checkFolder(folder, options.folder);
  const file = await open(draft, 'wx');
  let isOver = false;
  const discard = () => {
    if (isOver) return;
    isOver = true;
    void file.close().catch(() => undefined);
    remove(draft);
  };
  try {
    await file.write(Buffer.alloc(roomBytes, ' '), 0, roomBytes, 0);
  } catch (error) {
    discard();
    throw error;
  }
  return {
    discard,
    async publish(text) {
      await writeAll(file, text);
      await file.close();
      await checkFolder(folder, options.folder);
      // From here on its place is known by the name it gets.
      if (options.replaces) await rename(draft, path);
      else await renameUnlessThere(draft, path);
      isOver = true;
    },
  };
}

/** Which folder has a name now. Rejects with the system's own errors. */
export async function identityOf(folder: string): Promise<FolderIdentity> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return { dev, ino };
}

/** Hidden, and known by its name wherever a run that was killed left it. */
const draftPrefix = '.describe-image-';

/** What most answers need: a disk that does not have it is full before anything is paid for. */
const roomBytes = 4096;

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, written);
    written += bytesWritten;
  }
  await file.truncate(bytes.length);
  // On the disk before it has its name: after a power cut an empty file would be taken for an answer.
  await file.sync();
}

async function checkFolder(folder: string, { dev, ino }: FolderIdentity): Promise<void> {
  const now = await identityOf(folder);
  if (now.dev !== dev || now.ino !== ino)
    throw Object.assign(new Error('the folder is another one'), { code: 'ESTALE', syscall: 'stat' });
}

/** A link fails where something has the name. FAT and some network drives know no links, so there it is looked for before. */
async function renameUnlessThere(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
    remove(draft);
    return;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
  }
  if (await isThere(path))
    throw Object.assign(new Error('a file is there'), { code: 'EEXIST', syscall: 'link' });
  await rename(draft, path);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

function remove(draft: string): void {
  try {
    unlinkSync(draft);
  } catch {
    // What is left of it is hidden and counts for nothing.
  }
}
