import { unlinkSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { oneLine } from '../image/one-line.ts';
import { createLock, type LockFile, type LockOwner, readLock, releaseLock } from './lock-file.ts';

export interface LockOptions {
  readonly owner: LockOwner;
  /** Whether there is a process of that number on this machine. */
  readonly isAlive: (pid: number) => boolean;
}

/**
 * Creates a lock file and returns what removes it. One that was left over by a dead process of this machine is taken over.
 * Throws a `UsageError` when another run holds it, and the system's own errors.
 *
 * Why two newcomers cannot both take over: a lock is removed only by its owner, or by whoever holds the lock's own lock
 * and has read, while holding that, that the owner is dead. The dead change nothing and everybody else waits outside, so
 * what is removed is what was read, never the fresh lock of another newcomer. The lock's own lock, left over, is taken
 * over in the same way.
 *
 * @param name what the lock is for, as the person called it
 */
export function acquireLock(path: string, name: string, options: LockOptions): () => void {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { isCreated, nowMs } = createLock(path, options.owner);
    if (isCreated) return () => releaseLock(path, options.owner);
    if (!isLeftOver(readLock(path), path, name, nowMs, options)) continue;
    const release = acquireLock(`${path}.lock`, name, options);
    try {
      if (isLeftOver(readLock(path), path, name, nowMs, options)) unlinkSync(path);
    } finally {
      release();
    }
  }
  throw new UsageError(`other runs are writing ${name}`, { hint: 'Wait for them, or name another file.' });
}

/** Each attempt but the first needs somebody else to have let go just then. */
const mostAttempts = 100;

/** Whether a lock may be removed; false when it is gone by itself. Throws a `UsageError` when somebody holds it. */
function isLeftOver(
  lock: LockFile | undefined,
  path: string,
  name: string,
  nowMs: number,
  { owner, isAlive }: LockOptions,
): boolean {
  if (lock === undefined) return false;
  if (lock.kind === 'foreign')
    throw new UsageError(`${name} cannot be locked: ${path} is something else`, {
      hint: 'Move that file away, or name another one to write to.',
    });
  if (lock.kind === 'damaged') {
    if (nowMs - lock.modifiedMs > settledMs) return true;
    throw new UsageError(`another run is about to write ${name}`, { hint: 'Try again in ten seconds.' });
  }
  if (lock.host !== owner.host)
    throw new UsageError(`a run on ${oneLine(lock.host)} (process ${lock.pid}) is writing ${name}`, {
      hint: `When that run is over and this remains, delete ${path}`,
    });
  const isEarlier = lock.pid === owner.pid && lock.startedAt !== owner.startedAt.toISOString();
  if (isEarlier || !isAlive(lock.pid)) return true;
  throw new UsageError(`another run (process ${lock.pid}) is writing ${name}`, {
    hint: `Wait for it, or name another file. If that process is something else, delete ${path}`,
  });
}

/**
 * What is damaged tells no owner, so its age decides. Who creates a lock writes it at once and goes on only when it is
 * written: ten seconds later nobody who holds it can be left, only a power cut or a full disk.
 */
const settledMs = 10_000;
