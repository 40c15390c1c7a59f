import type { BigIntStats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { OutputError } from '../errors.ts';
import { codeOf, explainWriteFailure } from './failures.ts';
import type { OwnLock } from './lock-file.ts';
import { unfinishedLine } from './record.ts';

export interface Writer {
  /** Resolves, with the offset where the line starts, once it is on disk. Rejects with an `OutputError`, as do all after. */
  readonly write: (line: Buffer) => Promise<number>;
  /** Looks whether the disk takes so many bytes more, and leaves the file as it is. Rejects as `write` does. */
  readonly tryRoom: (bytes: number) => Promise<void>;
  /** Waits until nothing is left to write. */
  readonly settle: () => Promise<void>;
}

interface Waiting {
  readonly line: Buffer;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** A file that is open for writing. */
export interface Target {
  readonly file: FileHandle;
  /** Where it is, without links. */
  readonly path: string;
  /** What the person called it. */
  readonly name: string;
  readonly lock: OwnLock | undefined;
}

/** Appends lines to a file that is `size` bytes long: those that come while others are being written go together, in order. */
export function createWriter(target: Target, size: number): Writer {
  let end = size;
  let waiting: Waiting[] = [];
  let last: Promise<void> = Promise.resolve();
  let failure: { readonly cause: unknown } | undefined;

  const writeWaiting = async () => {
    const group = waiting;
    waiting = [];
    const kept = await append(Buffer.concat(group.map(({ line }) => line)));
    let offset = end;
    for (const { line, resolve, reject } of group) {
      const isKept = offset + line.length <= end + kept;
      // An error each, since whoever gets one may add to it.
      if (isKept) resolve(offset);
      else reject(explainWriteFailure(failure?.cause, target.name));
      offset += line.length;
    }
    end += kept;
  };

  /** Returns how many bytes are on the disk, whole lines all. */
  const append = async (bytes: Buffer): Promise<number> => {
    if (failure !== undefined) return 0;
    try {
      await checkUntouched(target, end);
    } catch (cause) {
      failure = { cause };
      return 0;
    }
    const { kept, cause } = await writeGroup(target.file, bytes, end);
    if (cause !== undefined) failure = { cause };
    return kept;
  };

  return {
    write: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        // What is appended in one go is written in one go.
        if (waiting.length === 1) last = last.then(writeWaiting);
      }),
    tryRoom: (bytes) => {
      const trying = last.then(async () => {
        if (failure === undefined) await append(unfinishedLine(bytes)).then(() => cutOff(target.file, end));
        if (failure !== undefined) throw explainWriteFailure(failure.cause, target.name);
      });
      last = trying.catch(() => undefined);
      return trying;
    },
    settle: () => last,
  };
}

interface Written {
  /** Bytes that are on the disk: whole lines, unless all were written. */
  readonly kept: number;
  /** Why that is not all. */
  readonly cause?: unknown;
}

async function writeGroup(file: FileHandle, bytes: Buffer, start: number): Promise<Written> {
  let written = 0;
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, start + written);
      written += bytesWritten;
    }
    await file.datasync();
    return { kept: bytes.length };
  } catch (cause) {
    // Whole lines may stay; of what could not be brought to the disk, nothing is certain.
    const whole = written === bytes.length ? 0 : bytes.subarray(0, written).lastIndexOf('\n') + 1;
    const isCertain = await cutOff(file, start + whole);
    return { kept: isCertain ? whole : 0, cause };
  }
}

/** The lock keeps out other runs, not editors: what they saved is not written over, and what they replaced is not read again. */
async function checkUntouched({ file, path, name, lock }: Target, size: number): Promise<void> {
  const [open, there] = await Promise.all([file.stat({ bigint: true }), statIfThere(path)]);
  if (open.dev !== there?.dev || open.ino !== there.ino)
    throw new OutputError(`${name} was removed, renamed or replaced while this run wrote to it`, {
      hint: 'Nothing more was written. Run it again to go on with the file that is there now.',
    });
  if (open.size !== BigInt(size))
    throw new OutputError(`${name} was changed by another program while this run wrote to it`, {
      hint: 'Nothing more was written. Run it again once nothing else writes to the file.',
    });
  if (lock?.isHeld() === false)
    throw new OutputError(`${name} is no longer locked by this run: ${lock.path} was removed or replaced`, {
      hint: 'Nothing more was written. Run it again once no other run writes to it.',
    });
}

async function statIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** Returns whether it could; where not, the next run does it, when it opens the journal. */
async function cutOff(file: FileHandle, size: number): Promise<boolean> {
  try {
    await file.truncate(size);
    await file.datasync();
    return true;
  } catch {
    return false;
  }
}
