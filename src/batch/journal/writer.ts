import type { FileHandle } from 'node:fs/promises';
import { OutputError } from '../../errors.ts';
import { explainWriteFailure } from './failures.ts';

export interface Writer {
  /** Resolves, with the offset where the line starts, once it is on disk. Rejects with an `OutputError`, as do all after. */
  readonly write: (line: Buffer) => Promise<number>;
  /** Waits until nothing is left to write. */
  readonly settle: () => Promise<void>;
}

interface Waiting {
  readonly line: Buffer;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends lines to a file that is `size` bytes long: those that come while others are being written go together, in order. */
export function createWriter(file: FileHandle, size: number, name: string): Writer {
  let end = size;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let failure: { readonly cause: unknown } | undefined;

  const writeWaiting = async () => {
    // What is appended in one go is written in one go.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        if (failure !== undefined) throw failure.cause;
        await writeGroup(file, Buffer.concat(group.map(({ line }) => line)), end, name);
      } catch (cause) {
        failure = { cause };
        // An error each, since whoever gets one may add to it.
        for (const { reject } of group) reject(explainWriteFailure(cause, name));
        continue;
      }
      for (const { line, resolve } of group) {
        resolve(end);
        end += line.length;
      }
    }
    running = undefined;
  };

  return {
    write: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        running ??= writeWaiting();
      }),
    settle: async () => running,
  };
}

async function writeGroup(file: FileHandle, bytes: Buffer, start: number, name: string): Promise<void> {
  await checkUntouched(file, start, name);
  let written = 0;
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, start + written);
      written += bytesWritten;
    }
    await file.datasync();
  } catch (error) {
    // Whole lines may stay; of what could not be brought to the disk, nothing is certain.
    const kept = written === bytes.length ? 0 : bytes.subarray(0, written).lastIndexOf('\n') + 1;
    await cutOff(file, start + kept);
    throw error;
  }
}

/** The lock keeps out other runs, not editors: what they saved is not written over, and what they replaced is not read again. */
async function checkUntouched(file: FileHandle, size: number, name: string): Promise<void> {
  const stats = await file.stat();
  if (stats.nlink === 0)
    throw new OutputError(`${name} was removed or replaced while this run wrote to it`, {
      hint: 'Nothing more was written. Run it again to go on with the file that is there now.',
    });
  if (stats.size !== size)
    throw new OutputError(`${name} was changed by another program while this run wrote to it`, {
      hint: 'Nothing more was written. Run it again once nothing else writes to the file.',
    });
}

async function cutOff(file: FileHandle, size: number): Promise<void> {
  try {
    await file.truncate(size);
    await file.datasync();
  } catch {
    // Then the next run does it, when it opens the journal.
  }
}
