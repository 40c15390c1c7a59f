import { unlinkSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { shortLine } from '../printable.ts';
import {
  createLock,
  type LockFile,
  type LockOwner,
  type LockText,
  type OwnLock,
  readLock,
} from './lock-file.ts';
import { type Machine, thisMachine } from './machine.ts';

export interface LockOptions {
  readonly owner: LockOwner;
  /** Whether there is a process of that number on this machine. */
  readonly isAlive: (pid: number) => boolean;
  /** What else is known of processes; this machine's unless given. */
  readonly machine?: Machine;
}

/**
 * Creates a lock file and keeps it fresh until it is released. One that was left over is taken over: by a process that is
 * dead, or has become another program, by another boot of this machine, or by a container or machine that has not renewed it.
 * Throws a `UsageError` when another run holds it, and the system's own errors.
 *
 * Why two newcomers cannot both take over: a lock is removed only by its owner, or by whoever holds the lock's own lock
 * and has read, while holding that, that the owner is dead. The dead change nothing and everybody else waits outside, so
 * what is removed is what was read, never the fresh lock of another newcomer. The lock's own lock, left over, is taken
 * over in the same way. An owner that was only taken for dead, as a machine that slept, finds its lock gone before it writes.
 *
 * @param name what the lock is for, as the person called it
 */
export function acquireLock(path: string, name: string, options: LockOptions): OwnLock {
  const lock = acquire(path, name, options);
  const renewing = setInterval(lock.renew, renewsMs).unref();
  return {
    ...lock,
    release: () => {
      clearInterval(renewing);
      lock.release();
    },
  };
}

function acquire(path: string, name: string, options: LockOptions): OwnLock {
  const { pid, host, startedAt } = options.owner;
  const machine = options.machine ?? thisMachine;
  const [boot, namespace, startTicks] = [machine.boot(), machine.namespace(), machine.startTicks(pid)];
  const own = { pid, host, startedAt: startedAt.toISOString(), boot, namespace, startTicks, renewsMs };
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { lock, nowMs } = createLock(path, own);
    if (lock !== undefined) return lock;
    if (!isLeftOver(readLock(path), path, name, nowMs)) continue;
    const above = acquire(`${path}.lock`, name, options);
    try {
      if (isLeftOver(readLock(path), path, name, nowMs)) unlinkSync(path);
    } finally {
      above.release();
    }
  }
  throw new UsageError(`other runs are writing ${name}`, { hint: 'Wait for them, or name another file.' });

  /** Whether a lock may be removed; false when it is gone by itself. Throws a `UsageError` when somebody holds it. */
  function isLeftOver(lock: LockFile | undefined, path: string, name: string, nowMs: number): boolean {
    if (lock === undefined) return false;
    if (lock.kind === 'foreign')
      throw new UsageError(`${name} cannot be locked: ${path} is something else`, {
        hint: 'Move that file away, or name another one to write to.',
      });
    const ageMs = nowMs - lock.modifiedMs;
    if (lock.kind === 'damaged') {
      if (ageMs > settledMs) return true;
      throw new UsageError(`another run is about to write ${name}`, { hint: 'Try again in ten seconds.' });
    }
    if (isGone(lock, own, ageMs, options.isAlive, machine)) return true;
    throw heldBy(lock, own, name, path);
  }
}

/** Each attempt but the first needs somebody else to have let go just then. */
const maxAttempts = 100;

/** How often a lock is renewed, in milliseconds. */
const renewsMs = 20_000;

/** Whoever misses this many renewals is gone: processes that cannot be seen are known by nothing else. */
const maxMissedRenewals = 6;

/**
 * What is damaged tells no owner, so its age decides. Who creates a lock writes it at once and goes on only when it is
 * written: ten seconds later nobody who holds it can be left, only a power cut or a full disk.
 */
const settledMs = 10_000;

/** No run of version 0.1.0, which did not renew its lock, took so long. */
const maxRunMs = 7 * 24 * 3600 * 1000;

/** Times of different clocks, and of a process and its program, differ by less. */
const toleranceMs = 10_000;

/** Whether the owner of a lock cannot be there any more. */
function isGone(
  lock: LockText,
  own: LockText,
  ageMs: number,
  isAlive: (pid: number) => boolean,
  machine: Machine,
): boolean {
  const isRenewed = lock.renewsMs !== undefined;
  const isSilent = isRenewed && ageMs > maxMissedRenewals * lock.renewsMs;
  const isSameBoot = lock.boot !== undefined && lock.boot === own.boot;
  if (isSameBoot && lock.namespace !== own.namespace) {
    const isThere = machine.isInAnother(lock.pid, lock.startTicks);
    return isThere === undefined ? isSilent : !isThere;
  }
  if (!isSameBoot && lock.host !== own.host)
    return isRenewed ? isSilent : Date.parse(lock.startedAt) < Date.parse(own.startedAt) - maxRunMs;
  if (!isSameBoot && lock.boot !== undefined && own.boot !== undefined) return true;
  if (lock.pid === own.pid && lock.startedAt !== own.startedAt) return true;
  return !isAlive(lock.pid) || isAnother(lock, own, machine);
}

/** Whether a process that has the owner's number is not the owner. */
function isAnother(lock: LockText, own: LockText, machine: Machine): boolean {
  const startTicks = machine.startTicks(lock.pid);
  if (lock.startTicks !== undefined && startTicks !== undefined) return lock.startTicks !== startTicks;
  const startedAtMs = Date.parse(lock.startedAt);
  if (startedAtMs < machine.bootedAtMs() - toleranceMs) return true;
  const since = machine.startedAtMs(lock.pid);
  const isSure =
    (machine.startedAtMs(own.pid) ?? Number.POSITIVE_INFINITY) < Date.parse(own.startedAt) + toleranceMs;
  return isSure && since !== undefined && since > startedAtMs + toleranceMs;
}

function heldBy(lock: LockText, own: LockText, name: string, path: string): UsageError {
  const isHere = lock.host === own.host;
  const where = isHere ? '' : ` on ${shortLine(lock.host)}`;
  const hint = isHere
    ? `Wait for it, or name another file. If that process is something else, delete ${path}`
    : `Wait for it, or name another file. Two minutes after its end this can be run again; if it cannot, delete ${path}`;
  return new UsageError(
    `${isHere ? 'another run' : 'a run'}${where} (process ${lock.pid}) is writing ${name}`,
    { hint },
  );
}
