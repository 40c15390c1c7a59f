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
import { codeOf, UsageError } from '../errors.ts';
import { shortLine } from '../printable.ts';
import { tryRemove } from './atomic-file.ts';
import { isGone, type LockOwner, type LockText, type Machine, thisMachine } from './lock-owner.ts';

export interface LockOptions {
  readonly owner: LockOwner;
  /** Whether this machine has a process of that number. */
  readonly isAlive: (pid: number) => boolean;
  /** What else is known of processes; by default what this machine tells. */
  readonly machine?: Machine;
}

/** A lock that this process holds. */
export interface OwnLock {
  readonly path: string;
  /** Whether the file is still there and this one's. */
  readonly isHeld: () => boolean;
  /** Removes the file if it is still this one's. Synchronous, so that it works while the process ends. */
  readonly release: () => void;
}

/**
 * Creates a lock file and renews it until it is released. The lock of a process that is gone is taken over. Throws a
 * `UsageError` where another run holds it, and the system's own errors.
 *
 * Why two newcomers cannot both take over: a lock is removed only by its owner, or by whoever holds the lock's own lock
 * and has read, while holding that, that the owner is gone. So what is removed is what was read, never the new lock of
 * another newcomer. The lock's own lock is taken over in the same way. An owner that was wrongly taken for gone, as on a
 * machine that slept, finds its lock missing before it writes.
 *
 * @param name what the lock is for, as the person called it
 */
export function acquireLock(path: string, name: string, options: LockOptions): OwnLock {
  const { pid, host, startedAt } = options.owner;
  const { isAlive, machine = thisMachine } = options;
  const [boot, namespace, startTicks] = [machine.boot(), machine.namespace(), machine.startTicks(pid)];
  const own = { pid, host, startedAt: startedAt.toISOString(), boot, namespace, startTicks, renewsMs };

  /** Whether the lock may be removed; false where it is gone already. Throws a `UsageError` where a run holds it. */
  const isLeftOver = (nowMs: number): boolean => {
    const lock = readLock(path);
    if (lock === undefined) return false;
    const ageMs = nowMs - lock.modifiedMs;
    if (lock.owner === 'unknown')
      throw new UsageError(`${name} cannot be locked: ${path} is not a lock file`, {
        hint: 'Move that file away, or write to another file.',
      });
    if (lock.owner === 'incomplete') {
      if (ageMs > maxCreationMs) return true;
      throw new UsageError(`another run is starting to write ${name}`, { hint: 'Try again in ten seconds.' });
    }
    if (isGone(lock.owner, { own, ageMs, isAlive, machine })) return true;
    throw heldBy(lock.owner, own, name, path);
  };

  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { lock, nowMs } = createLock(path, `${JSON.stringify(own)}\n`);
    if (lock !== undefined) return lock;
    if (!isLeftOver(nowMs)) continue;
    const above = acquireLock(`${path}.lock`, name, options);
    try {
      if (isLeftOver(nowMs)) unlinkSync(path);
    } finally {
      above.release();
    }
  }
  throw new UsageError(`other runs are writing ${name}`, { hint: 'Wait for them, or use another file.' });
}

/** Each attempt but the first needs another run to have released its lock just then. */
const maxAttempts = 100;

/** How often a lock is renewed, in milliseconds. */
const renewsMs = 20_000;

/** A lock that is incomplete for longer was left by a power cut or a full disk: its owner writes it at once, or not at all. */
const maxCreationMs = 10_000;

interface Creation {
  /** Undefined where there is a lock already. */
  readonly lock: OwnLock | undefined;
  /** The time by the clock of the file system, which may be another machine's. */
  readonly nowMs: number;
}

/** Creates a lock file unless there is one: as a link to a draft, so that nobody finds it half written. */
function createLock(path: string, text: string): Creation {
  const draft = `${path}.${randomUUID()}`;
  let file: number | undefined = writeNew(draft, text);
  try {
    const nowMs = fstatSync(file).mtimeMs;
    const isLinked = linkUnlessThere(draft, path);
    if (!isLinked) {
      closeSync(file);
      // FAT and some network drives have no links.
      file = isLinked === undefined ? writeUnlessThere(path, text) : undefined;
    }
    return { lock: file === undefined ? undefined : ownLock(path, file, text), nowMs };
  } finally {
    tryRemove(draft);
  }
}

function writeNew(path: string, text: string): number {
  const file = openSync(path, 'wx');
  try {
    writeSync(file, text);
    return file;
  } catch (error) {
    closeSync(file);
    tryRemove(path);
    throw error;
  }
}

/** Undefined where there are no links. */
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
    if (isOver) return false;
    try {
      const own = fstatSync(file, { bigint: true });
      const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      return own.dev === there?.dev && own.ino === there.ino && readFileSync(path, 'utf8') === text;
    } catch {
      return false;
    }
  };
  const renew = () => {
    try {
      // Into the file itself, whatever has its name by now.
      writeSync(file, '\n', Buffer.byteLength(text) - 1);
    } catch {
      // Tried again the next time.
    }
  };
  const renewing = setInterval(renew, renewsMs).unref();
  return {
    path,
    isHeld,
    release: () => {
      if (isOver) return;
      const wasHeld = isHeld();
      isOver = true;
      clearInterval(renewing);
      closeSync(file);
      if (wasHeld) tryRemove(path);
    },
  };
}

interface LockFile {
  readonly modifiedMs: number;
  /** `incomplete` where the file was begun and not completed, `unknown` where it is not a lock. */
  readonly owner: LockText | 'incomplete' | 'unknown';
}

function readLock(path: string): LockFile | undefined {
  try {
    const stats = lstatSync(path);
    const isLock = stats.isFile() && stats.size <= maxLockBytes;
    return {
      modifiedMs: stats.mtimeMs,
      owner: isLock ? parseOwner(readFileSync(path, 'utf8')) : 'unknown',
    };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const maxLockBytes = 4096;

function parseOwner(text: string): LockFile['owner'] {
  try {
    const { pid, host, startedAt, boot, namespace, startTicks, renewsMs } = Object(JSON.parse(text));
    if (typeof host === 'string' && typeof startedAt === 'string' && Number.isSafeInteger(pid) && pid > 0)
      return { pid, host, startedAt, boot, namespace, startTicks, renewsMs };
  } catch {
    // Not JSON, or not all of it.
  }
  // Some file systems leave zeros where a power cut kept the bytes from the disk.
  const begun = text.replaceAll('\0', '').slice(0, lockHead.length);
  return lockHead.startsWith(begun) ? 'incomplete' : 'unknown';
}

const lockHead = '{"pid":';

function heldBy(lock: LockText, own: LockText, name: string, path: string): UsageError {
  const isHere = lock.host === own.host;
  const run = isHere ? 'another run' : `a run on ${shortLine(lock.host)}`;
  const remedy = isHere
    ? 'If that process is another program, delete'
    : 'Two minutes after its end this can be run again; if it cannot, delete';
  return new UsageError(`${run} (process ${lock.pid}) is writing ${name}`, {
    hint: `Wait for it, or use another file. ${remedy} ${path}`,
  });
}
