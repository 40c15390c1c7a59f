import { constants, lstatSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { codeOf, DescribeImageError, NoAnswerError, OutputError, UsageError } from '../errors.ts';
import { option, say } from '../sentence.ts';
import { type AnswerIndex, createIndex, holdsAnswer } from './journal-index.ts';
import {
  formatRecord,
  type JournalRecord,
  maxLineBytes,
  readJournal,
  readRecordAt,
  repairTail,
} from './journal-lines.ts';
import { createWriter, explainWriteFailure, type OpenFile } from './journal-writer.ts';
import { acquireLock, type LockOptions, type OwnLock } from './lock.ts';

export interface JournalOptions extends LockOptions {
  /** Only to look into it: another run may be writing it, and nothing is repaired. */
  readonly isReadOnly?: boolean;
  /** Ask for everything again: what is recorded stays, counts for nothing in this run, and is superseded line by line. */
  readonly overwrite: boolean;
  /** Handed a function that releases the lock without waiting, for when the process ends. */
  readonly onLocked?: ((release: () => void) => void) | undefined;
}

/** A file that only grows, with a line of JSON for each finished image, so that a run can continue an earlier one. */
export interface Journal extends Pick<AnswerIndex, 'has' | 'look'> {
  /** Reads the latest answer under a key, whatever the image was called; undefined where there is none. */
  find(key: string): Promise<JournalRecord | undefined>;
  /** Checks once, before anything is paid for, whether the disk takes more. Rejects with an `OutputError` if not. */
  checkRoom(): Promise<void>;
  /**
   * Appends a line and resolves once it is on disk. A failure that the image's latest line records already is not written
   * again. Rejects with a `NoAnswerError` where the line is too long, and with an `OutputError` where it cannot be written;
   * then every later line is rejected, too.
   */
  append(record: JournalRecord): Promise<void>;
  /** Waits for what is being written and releases the lock. */
  close(): Promise<void>;
}

/**
 * Opens a journal, or creates it. A last line that a crash left incomplete is cut off; nothing else is changed. Throws a `UsageError`
 * for a file that is not a journal, is being written by another run or cannot be written, and an `OutputError` where the
 * disk is full or broken.
 */
export async function openJournal(name: string, options: JournalOptions): Promise<Journal> {
  const { isReadOnly = false, overwrite, onLocked } = options;
  let lock: OwnLock | undefined;
  let file: FileHandle | undefined;
  try {
    const { path, isNew } = await locate(name);
    if (!isReadOnly) {
      lock = acquireLock(`${path}.lock`, name, options);
      onLocked?.(lock.release);
    }
    // Not with O_APPEND: then Linux would ignore the position of a write.
    file = await open(path, isReadOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT);
    if (isNew && !isReadOnly) await syncFolder(dirname(path));
    const index = createIndex();
    const end = await readJournal(file, name, index.add);
    if (overwrite) index.clear();
    const size = isReadOnly ? end.bytes : await repairTail(file, end);
    return createJournal({ file, path, name, lock }, size, index);
  } catch (error) {
    await file?.close();
    lock?.release();
    throw explainOpenFailure(error, name);
  }
}

/** Resolves links, so that all names of a file share one lock. Throws a `UsageError` for what is not a file. */
async function locate(name: string): Promise<{ readonly path: string; readonly isNew: boolean }> {
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats?.isFile()) return { path: await realpath(name), isNew: false };
  if (stats?.isDirectory() || name === '' || name.endsWith('/') || name.endsWith(sep))
    throw new UsageError(`${name} is a folder, not a file`, { hint: 'Use a file in it.' });
  if (stats !== undefined)
    throw new UsageError(`${name} is ${kindOf(stats)}, not a file`, {
      hint: 'Name a file; a run continues from what is in it.',
    });
  if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new UsageError(`${name} is a symbolic link to a file that does not exist`, {
      hint: 'Check where it points with ls -l.',
    });
  return { path: join(await realpath(dirname(name)), basename(name)), isNew: true };
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** Makes a new name last, where folders can be synchronized: not on Windows. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file itself is safe; only a power cut could take its name.
  }
}

function createJournal(target: OpenFile, size: number, index: AnswerIndex): Journal {
  const { file, name, lock } = target;
  const writer = createWriter(target, size);
  let checking: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const checkOpen = () => {
    if (closing !== undefined) throw new Error('the journal is closed');
  };
  const closeAll = async () => {
    try {
      await writer.settle();
      await file.close();
    } finally {
      lock?.release();
    }
  };
  return {
    has: index.has,
    look: index.look,
    async find(key) {
      checkOpen();
      const offset = index.offsetOf(key);
      if (offset === undefined) return undefined;
      try {
        const record = await readRecordAt(file, offset);
        // Somebody else may have changed the file since.
        return record?.key === key ? record : undefined;
      } catch (cause) {
        const hint = 'Recorded answers are kept. Check the disk, then run it again.';
        throw new OutputError(`${name} cannot be read: ${codeOf(cause)}`, { hint, cause });
      }
    },
    async checkRoom() {
      checkOpen();
      checking ??= writer.checkRoom(roomBytes);
      await checking;
    },
    async append(record) {
      checkOpen();
      if (!holdsAnswer(record) && index.hasFailure(record)) return;
      const line = formatRecord(record);
      if (line.length > maxLineBytes) throw tooLong(record.image);
      index.add(record, await writer.write(line));
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** Some hundred answers. */
const roomBytes = 64 * 1024;

function tooLong(image: string): NoAnswerError {
  return new NoAnswerError('the answer is larger than 16 MiB, too large to be recorded', {
    hint: say`Limit answers with ${option('maxOutputTokens')}.`,
    reason: undefined,
    retryable: false,
  }).about(image);
}

function explainOpenFailure(error: unknown, name: string): unknown {
  if (error instanceof DescribeImageError) return error;
  const [why, hint] = openErrors[codeOf(error)] ?? [];
  if (why === undefined) return explainWriteFailure(error, name);
  return new UsageError(`${name} cannot be written: ${why}`, { hint, cause: error });
}

const permissions = 'Use another file, or check the permissions of this one and its folder with ls -ld.';

const openErrors: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOENT: ['its folder does not exist', 'Create the folder first, or use another file.'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'Check the path.'],
  EACCES: ['permission denied', permissions],
  EPERM: ['the operation is not permitted', permissions],
  EROFS: ['the file system is read-only', 'Use a file on another file system.'],
  ELOOP: ['too many symbolic links', 'The link points to itself; use another file.'],
  ENAMETOOLONG: ['the name is too long', 'Use another file.'],
};
