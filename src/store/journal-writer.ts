import { type FileHandle, stat } from 'node:fs/promises';
import { codeOf, OutputError } from '../errors.ts';
import { diskErrors } from './atomic-file.ts';
import { unfinishedLine } from './journal-lines.ts';
import type { OwnLock } from './lock.ts';

/** Appends lines to a journal. After one failure everything else is rejected, too. */
export interface JournalWriter {
  /** Resolves with the offset where the line starts once it is on disk. Rejects with an `OutputError`. */
  write(line: Buffer): Promise<number>;
  /** Checks whether the disk takes so many more bytes, and leaves the file unchanged. Rejects with an `OutputError`. */
  checkRoom(bytes: number): Promise<void>;
  /** Waits until nothing is left to write. */
  settle(): Promise<void>;
}

/** A file that is open for writing. */
export interface OpenFile {
  readonly file: FileHandle;
  /** Where it is, without links. */
  readonly path: string;
  /** What the person called it. */
  readonly name: string;
  /** The lock that lets this run write; undefined where it only reads. */
  readonly lock: OwnLock | undefined;
}

interface Waiting {
  readonly line: Buffer;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends to a file of `size` bytes. Lines that come while others are being written are written together, in order. */
export function createWriter(target: OpenFile, size: number): JournalWriter {
  const { file, name } = target;
  let end = size;
  let waiting: Waiting[] = [];
  let last: Promise<void> = Promise.resolve();
  let failure: { readonly cause: unknown } | undefined;
  // A new error for each caller, since each adds to its own.
  const failed = () => explainWriteFailure(failure?.cause, name);

  const writeWaiting = async () => {
    const group = waiting;
    waiting = [];
    const keptEnd = end + (await append(Buffer.concat(group.map(({ line }) => line))));
    for (const { line, resolve, reject } of group) {
      if (end + line.length > keptEnd) reject(failed());
      else resolve(end);
      end += line.length;
    }
    end = keptEnd;
  };

  /** Returns how many bytes are on the disk: all, or whole lines. */
  const append = async (bytes: Buffer): Promise<number> => {
    if (failure !== undefined) return 0;
    let written = 0;
    let isUnchanged = false;
    try {
      await checkUnchanged(target, end);
      isUnchanged = true;
      while (written < bytes.length) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, end + written);
        written += bytesWritten;
      }
      await file.datasync();
      return bytes.length;
    } catch (cause) {
      failure = { cause };
      if (!isUnchanged) return 0;
      // Of what was written and could not be synchronized, nothing is certain.
      const whole = written === bytes.length ? 0 : bytes.subarray(0, written).lastIndexOf('\n') + 1;
      return (await truncate(file, end + whole)) ? whole : 0;
    }
  };

  return {
    write: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        if (waiting.length === 1) last = last.then(writeWaiting);
      }),
    checkRoom(bytes) {
      const checking = last.then(async () => {
        if (failure === undefined) await append(unfinishedLine(bytes)).then(() => truncate(file, end));
        if (failure !== undefined) throw failed();
      });
      last = checking.catch(() => undefined);
      return checking;
    },
    settle: () => last,
  };
}

/** Words an error of the system as an `OutputError`; other errors stay as they are. */
export function explainWriteFailure(error: unknown, name: string): unknown {
  if (error instanceof OutputError)
    return new OutputError(error.sentence, { hint: error.advice, cause: error.cause });
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = codeOf(error);
  const advice = writeAdvice[code] ?? 'Check the disk, then run it again.';
  return new OutputError(`${name} cannot be written: ${diskErrors[code] ?? code}`, {
    hint: `Recorded answers are kept. ${advice}`,
    cause: error,
  });
}

const writeAdvice: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, then run it again.',
  EDQUOT: 'Free some space, then run it again.',
  EFBIG: 'Raise the limit (ulimit -f), or use another file.',
};

/** The lock keeps out other runs, not editors: what they saved is not overwritten, and what they replaced is not read again. */
async function checkUnchanged({ file, path, name, lock }: OpenFile, size: number): Promise<void> {
  const [own, there] = await Promise.all([
    file.stat({ bigint: true }),
    stat(path, { bigint: true }).catch(ignoreMissing),
  ]);
  if (own.dev !== there?.dev || own.ino !== there.ino)
    throw new OutputError(`${name} was removed, renamed or replaced while this run wrote to it`, {
      hint: 'Nothing more was written. Run it again to continue with the file that is there now.',
    });
  if (own.size !== BigInt(size))
    throw new OutputError(`${name} was changed by another program while this run wrote to it`, {
      hint: 'Nothing more was written. Run it again once nothing else writes to the file.',
    });
  if (lock?.isHeld() === false)
    throw new OutputError(`${name} is no longer locked by this run: ${lock.path} was removed or replaced`, {
      hint: 'Nothing more was written. Run it again once no other run writes to it.',
    });
}

function ignoreMissing(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error;
}

/** Returns whether it could; where not, the next run repairs the file when it opens it. */
async function truncate(file: FileHandle, size: number): Promise<boolean> {
  try {
    await file.truncate(size);
    await file.datasync();
    return true;
  } catch {
    return false;
  }
}
