import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { codeOf } from './failures.ts';

/** The process that holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** The name of the machine, since a process number means nothing on another. */
  readonly host: string;
  /** When the process started: tells it from an earlier one of the same number, as each run in a container may have. */
  readonly startedAt: Date;
}

/** What a lock tells of its owner; version 0.1.0 wrote the first three alone, and other systems know no more. */
export interface LockText {
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string;
  readonly boot?: string | undefined;
  readonly namespace?: string | undefined;
  readonly startTicks?: number | undefined;
  /** How often the owner renews the file, in milliseconds. */
  readonly renewsMs?: number | undefined;
}

export type LockFile =
  | ({ readonly kind: 'held'; readonly modifiedMs: number } & LockText)
  /** Begun and not completed. */
  | { readonly kind: 'damaged'; readonly modifiedMs: number }
  | { readonly kind: 'foreign' };

/** A lock file of this process. */
export interface OwnLock {
  readonly path: string;
  /** Whether it still has its name, and nobody else's has. */
  readonly isHeld: () => boolean;
  /** Makes the file as new as the clock of its file system says. */
  readonly renew: () => void;
  /** Removes it, if it is still there. Does not wait, so that it can be done while the process ends. */
  readonly release: () => void;
}

export interface Creation {
  /** Undefined when there is a lock already. */
  readonly lock: OwnLock | undefined;
  /** The time by the clock of the file system, which may be another machine's. */
  readonly nowMs: number;
}

/** Creates a lock file unless there is one. Throws the system's own errors. */
export function createLock(path: string, owner: LockText): Creation {
  const text = `${JSON.stringify(owner)}\n`;
  const draft = `${path}.${randomUUID()}`;
  const file = writeNew(draft, text);
  try {
    const nowMs = fstatSync(file).mtimeMs;
    const isLinked = linkUnlessThere(draft, path);
    if (isLinked) return { lock: ownLock(path, file, text), nowMs };
    closeSync(file);
    // FAT and some network drives know no links.
    const other = isLinked === undefined ? writeUnlessThere(path, text) : undefined;
    return { lock: other === undefined ? undefined : ownLock(path, other, text), nowMs };
  } finally {
    removeIfThere(draft);
  }
}

/** Reads a lock file; undefined when there is none. Throws the system's own errors. */
export function readLock(path: string): LockFile | undefined {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile() || stats.size > maxBytes) return { kind: 'foreign' };
    return parseLock(readFileSync(path, 'utf8'), stats.mtimeMs);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const maxBytes = 4096;

function writeNew(path: string, text: string): number {
  const file = openSync(path, 'wx');
  try {
    writeSync(file, text);
    return file;
  } catch (error) {
    closeSync(file);
    removeIfThere(path);
    throw error;
  }
}

/** A link appears with its content, so nobody finds a lock half written. Undefined where there are no links. */
function linkUnlessThere(draft: string, path: string): boolean | undefined {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    return codeOf(error) === 'EEXIST' ? false : undefined;
  }
}

function writeUnlessThere(path: string, text: string): number | undefined {
  try {
    return writeNew(path, text);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function ownLock(path: string, file: number, text: string): OwnLock {
  let isOver = false;
  const isHeld = () => {
    try {
      const [own, there] = [
        fstatSync(file, { bigint: true }),
        lstatSync(path, { bigint: true, throwIfNoEntry: false }),
      ];
      return own.dev === there?.dev && own.ino === there.ino && readFileSync(path, 'utf8') === text;
    } catch {
      return false;
    }
  };
  return {
    path,
    isHeld: () => !isOver && isHeld(),
    renew: () => {
      try {
        // Into the file itself, whatever has its name by now.
        if (!isOver) writeSync(file, '\n', Buffer.byteLength(text) - 1);
      } catch {
        // The next time, perhaps.
      }
    },
    release: () => {
      if (isOver) return;
      const wasHeld = isHeld();
      isOver = true;
      closeSync(file);
      if (wasHeld) removeIfThere(path);
    },
  };
}

/** What cannot be removed is taken over by the next run. */
function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never written, or its folder takes no changes any more.
  }
}

function parseLock(text: string, modifiedMs: number): LockFile {
  const lock = ownerIn(text);
  if (lock !== undefined) return { kind: 'held', modifiedMs, ...lock };
  // Some file systems leave zeros where a power cut kept the bytes from the disk.
  const begun = text.replaceAll('\0', '');
  return lockHead.startsWith(begun.slice(0, lockHead.length))
    ? { kind: 'damaged', modifiedMs }
    : { kind: 'foreign' };
}

const lockHead = '{"pid":';

function ownerIn(text: string): LockText | undefined {
  try {
    const { pid, host, startedAt, boot, namespace, startTicks, renewsMs } = Object(JSON.parse(text));
    if (typeof host !== 'string' || typeof startedAt !== 'string') return undefined;
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return { pid, host, startedAt, boot, namespace, startTicks, renewsMs };
  } catch {
    return undefined;
  }
}
