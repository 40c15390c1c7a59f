import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OutputError } from '../errors.ts';
import { type Answers, createAnswers } from './journal/answers.ts';
import { codeOf, explainOpenFailure } from './journal/failures.ts';
import { heal } from './journal/heal.ts';
import { readLines } from './journal/lines.ts';
import { locate } from './journal/locate.ts';
import { acquireLock, type LockOptions } from './journal/lock.ts';
import { readJournal, type Whole } from './journal/read.ts';
import { formatRecord, isAnswer, type JournalRecord, mostLineBytes, parseRecord } from './journal/record.ts';
import { createWriter } from './journal/writer.ts';

export interface JournalOptions extends LockOptions {
  /** Only to look into it: another run may write meanwhile, and nothing is healed. */
  readonly isReadOnly?: boolean;
  /** Start over: empties the file first, if it is a journal. */
  readonly overwrite: boolean;
}

/** A file in which each finished image is a line of JSON, so that a run can go on where another stopped. */
export interface Journal {
  /** How many images are answered in it, by name and key. */
  readonly answered: number;
  /** Whether the image of this name has an answer under this key. */
  has(key: string, image: string): boolean;
  /** Whether an image of any name has one. */
  hasKey(key: string): boolean;
  /** Reads the latest answer under a key from the file, whatever the image was called; undefined where there is none. */
  find(key: string): Promise<JournalRecord | undefined>;
  /**
   * Appends a line, key and image first, and resolves once it is on disk. Rejects with an `OutputError` when that cannot be;
   * every later line is rejected then, too.
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
  let release: (() => void) | undefined;
  let file: FileHandle | undefined;
  try {
    const location = await locate(path);
    const { isReadOnly = false } = options;
    release = isReadOnly ? () => undefined : acquireLock(`${location.path}.lock`, path, options);
    // Not for appending: then Linux would not let a line be put at a place that is known.
    file = await open(location.path, isReadOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT);
    if (location.isNew && !isReadOnly) await syncFolder(dirname(location.path));
    const answers = createAnswers();
    const whole = await readJournal(file, path, answers);
    if (options.overwrite) answers.clear();
    const size = isReadOnly ? whole.bytes : await heal(file, options.overwrite ? nothing : whole);
    return createJournal(file, size, path, answers, release);
  } catch (error) {
    await file?.close();
    release?.();
    throw explainOpenFailure(error, path);
  }
}

const nothing: Whole = { bytes: 0, lacksNewline: false };

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

function createJournal(
  file: FileHandle,
  size: number,
  name: string,
  answers: Answers,
  release: () => void,
): Journal {
  const writer = createWriter(file, size, name);
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
    async find(key) {
      checkOpen();
      const offset = answers.offsetOf(key);
      return offset === undefined ? undefined : readRecord(file, name, key, offset);
    },
    async append(record) {
      checkOpen();
      const line = formatRecord(record);
      if (line.length > mostLineBytes) throw tooLong(record.image);
      const offset = await writer.write(line);
      if (isAnswer(record)) answers.add(record.key, record.image, offset);
    },
    close() {
      closing ??= closeAll(writer.settle, file, release);
      return closing;
    },
  };
}

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

function tooLong(image: string): OutputError {
  return new OutputError(`${image}: the answer is too long to be recorded`, {
    hint: '`maxOutputTokens` makes answers shorter.',
  });
}

async function closeAll(settle: () => Promise<void>, file: FileHandle, release: () => void): Promise<void> {
  try {
    await settle();
    await file.close();
  } finally {
    release();
  }
}
