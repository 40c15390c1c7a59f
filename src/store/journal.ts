import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NoAnswerError, OutputError, option, say } from '../errors.ts';
import { type Answers, createAnswers } from './answers.ts';
import { codeOf, explainOpenFailure } from './failures.ts';
import { heal } from './heal.ts';
import { readLines } from './lines.ts';
import { locate } from './locate.ts';
import { acquireLock, type LockOptions } from './lock.ts';
import type { OwnLock } from './lock-file.ts';
import { readJournal } from './read.ts';
import { formatRecord, isAnswer, type JournalRecord, mostLineBytes, parseRecord } from './record.ts';
import { createWriter, type Target } from './writer.ts';

export interface JournalOptions extends LockOptions {
  /** Only to look into it: another run may write meanwhile, and nothing is healed. */
  readonly isReadOnly?: boolean;
  /** Ask for everything again: what is recorded stays, counts for nothing in this run, and is superseded line by line. */
  readonly overwrite: boolean;
  /** Told how to let other runs write at once, for when the process ends and nothing can be waited for. */
  readonly onLocked?: ((release: () => void) => void) | undefined;
}

/** A file in which each finished image is a line of JSON, so that a run can go on where another stopped. It only ever grows. */
export interface Journal {
  /** How many images are answered in it, by name and key. */
  readonly answered: number;
  /** Whether the image of this name has an answer under this key. */
  has(key: string, image: string): boolean;
  /** Whether an image of any name has one. */
  hasKey(key: string): boolean;
  /** Whether the latest answer under a key was cut off at the token limit. */
  isCutOff(key: string): boolean;
  /** Reads the latest answer under a key from the file, whatever the image was called; undefined where there is none. */
  find(key: string): Promise<JournalRecord | undefined>;
  /**
   * Looks, before anything is paid for, whether the disk takes more; once for all who ask. Rejects with an `OutputError`
   * when it does not.
   */
  tryRoom(): Promise<void>;
  /**
   * Appends a line, key and image first, and resolves once it is on disk. A failure that the image's latest line tells of
   * already is not written again. Rejects with a `NoAnswerError` when the line is longer than any answer, and with an
   * `OutputError` when it cannot be written; every later line is rejected then, too.
   */
  append(record: JournalRecord): Promise<void>;
  /** Waits for what is being written and lets other runs write. */
  close(): Promise<void>;
}

/**
 * Opens a journal, or creates it. A last line that was torn when a run was killed is cut off; nothing else is changed.
 * Throws a `UsageError` for a file that is not a journal, that another run is writing, or that cannot be written, and an
 * `OutputError` when the disk is full or broken.
 */
export async function openJournal(path: string, options: JournalOptions): Promise<Journal> {
  let lock: OwnLock | undefined;
  let file: FileHandle | undefined;
  try {
    const location = await locate(path);
    const { isReadOnly = false } = options;
    if (!isReadOnly) {
      lock = acquireLock(`${location.path}.lock`, path, options);
      options.onLocked?.(lock.release);
    }
    // Not for appending: then Linux would not let a line be put at a place that is known.
    file = await open(location.path, isReadOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT);
    if (location.isNew && !isReadOnly) await syncFolder(dirname(location.path));
    const answers = createAnswers();
    const whole = await readJournal(file, path, answers);
    if (options.overwrite) answers.supersede();
    const size = isReadOnly ? whole.bytes : await heal(file, whole);
    return createJournal({ file, path: location.path, name: path, lock }, size, answers, lock);
  } catch (error) {
    await file?.close();
    lock?.release();
    throw explainOpenFailure(error, path);
  }
}

/** Makes a new name last, where folders can be synchronized: not on Windows. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, 'r');
    await folder.sync();
  } catch {
    // The file itself is safe; only a power cut could take its name.
  } finally {
    await folder?.close();
  }
}

function createJournal(target: Target, size: number, answers: Answers, lock: OwnLock | undefined): Journal {
  const { file, name } = target;
  const writer = createWriter(target, size);
  let trying: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const checkOpen = () => {
    if (closing !== undefined) throw new Error('the journal is closed');
  };
  return {
    get answered() {
      return answers.count();
    },
    has: answers.has,
    hasKey: answers.hasKey,
    isCutOff: answers.isCutOff,
    async find(key) {
      checkOpen();
      const offset = answers.offsetOf(key);
      return offset === undefined ? undefined : readRecord(file, name, key, offset);
    },
    async tryRoom() {
      checkOpen();
      trying ??= writer.tryRoom(roomBytes);
      await trying;
    },
    async append(record) {
      checkOpen();
      if (!isAnswer(record) && answers.hasFailure(record)) return;
      const line = formatRecord(record);
      if (line.length > mostLineBytes) throw tooLong(record.image);
      answers.add(record, await writer.write(line));
    },
    close() {
      closing ??= closeAll(writer.settle, file, lock);
      return closing;
    },
  };
}

/** Answers of some hundred images. */
const roomBytes = 64 * 1024;

/** Undefined when the line is no longer what it was: then there is nothing to go by. */
async function readRecord(
  file: FileHandle,
  name: string,
  key: string,
  offset: number,
): Promise<JournalRecord | undefined> {
  try {
    for await (const { bytes } of readLines(file, offset, mostLineBytes)) {
      const record = parseRecord(bytes);
      return record?.key === key ? record : undefined;
    }
    return undefined;
  } catch (cause) {
    const hint = 'What is recorded is kept. Check the disk, then run it again.';
    throw new OutputError(`${name} cannot be read: ${codeOf(cause)}`, { hint, cause });
  }
}

function tooLong(image: string): NoAnswerError {
  return new NoAnswerError('the answer is longer than 16 MiB, too long to be recorded', {
    hint: say`${option('maxOutputTokens')} makes answers shorter.`,
    reason: undefined,
    retryable: false,
  }).about(image);
}

async function closeAll(
  settle: () => Promise<void>,
  file: FileHandle,
  lock: OwnLock | undefined,
): Promise<void> {
  try {
    await settle();
    await file.close();
  } finally {
    lock?.release();
  }
}
