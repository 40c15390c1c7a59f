import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';

/** The process that holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** The name of the machine, since a process number means nothing on another. */
  readonly host: string;
  /** When the process started: tells it from an earlier one of the same number, which is common in containers. */
  readonly startedAt: Date;
}

/** What a lock file says of its owner. Version 0.1.0 wrote the first three alone, and other systems know no more. */
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

/** What is known of the processes of this machine; undefined where the system does not tell. */
export interface Machine {
  /** Identifies the boot; containers share that of their host. */
  readonly boot: () => string | undefined;
  /** When the machine started, in milliseconds since 1970, to a few seconds. */
  readonly bootedAtMs: () => number;
  /** Which processes this one can see; each container has a namespace of its own. */
  readonly namespace: () => string | undefined;
  /** When a process started, in clock ticks since the boot. */
  readonly startTicks: (pid: number) => number | undefined;
  /** Whether a process that has this number in another namespace, and started then, is still there. */
  readonly isInAnother: (pid: number, startTicks: number | undefined) => boolean | undefined;
}

/** This machine. Linux tells all of it, other systems when they started: https://man7.org/linux/man-pages/man5/proc.5.html */
export const thisMachine: Machine = {
  boot: () => read('/proc/sys/kernel/random/boot_id')?.trim() || undefined,
  bootedAtMs: () => Date.now() - uptime() * 1000,
  namespace,
  startTicks,
  isInAnother: (pid, ticks) => {
    // Only from outside of all containers can all processes be seen, unless they are hidden.
    if (namespace() !== outermostNamespace || pidsOf('1') === undefined) return undefined;
    return readdirSync('/proc').some((entry) => {
      const pids = /^\d+$/.test(entry) ? (pidsOf(entry) ?? []) : [];
      return pids.length > 1 && pids.at(-1) === pid && startTicks(Number(entry)) === ticks;
    });
  },
};

/** Its number is part of Linux: https://github.com/torvalds/linux/blob/v6.12/include/linux/proc_ns.h */
const outermostNamespace = 'pid:[4026531836]';

function namespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function startTicks(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, and may hold any character.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields?.[19]);
  return Number.isSafeInteger(ticks) && ticks > 0 ? ticks : undefined;
}

/** The numbers of a process in all namespaces that it is part of, the innermost last. */
function pidsOf(entry: string): number[] | undefined {
  const line = /^NSpid:(.*)$/m.exec(read(`/proc/${entry}/status`) ?? '')?.[1];
  return line?.trim().split(/\s+/).map(Number);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** What is needed to tell whether the owner of a lock still runs. */
export interface Observation {
  /** What this process would write into a lock. */
  readonly own: LockText;
  /** How long ago the lock was renewed, by the clock of its file system. */
  readonly ageMs: number;
  /** Whether this machine has a process of that number. */
  readonly isAlive: (pid: number) => boolean;
  readonly machine: Machine;
}

/** Whether the owner of a lock cannot be running any more. */
export function isGone(lock: LockText, { own, ageMs, isAlive, machine }: Observation): boolean {
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
  return !isAlive(lock.pid) || isAnotherProcess(lock, own, machine);
}

/** Processes that cannot be seen are known by their renewals alone. */
const maxMissedRenewals = 6;

/** No run of version 0.1.0, which did not renew its lock, took so long. */
const maxRunMs = 7 * 24 * 3600 * 1000;

/** Whether a process that has the owner's number is not the owner. */
function isAnotherProcess(lock: LockText, own: LockText, machine: Machine): boolean {
  const ticks = machine.startTicks(lock.pid);
  if (lock.startTicks !== undefined && ticks !== undefined) return lock.startTicks !== ticks;
  const startedAtMs = Date.parse(lock.startedAt);
  const bootedAtMs = machine.bootedAtMs();
  if (startedAtMs < bootedAtMs - toleranceMs) return true;
  const isLater = (since: number | undefined, thanMs: number) =>
    since !== undefined && bootedAtMs + since * tickMs > thanMs + toleranceMs;
  // A clock that was set since the boot misleads about this process as well.
  const ownTicks = machine.startTicks(own.pid);
  const isClockRight = ownTicks !== undefined && !isLater(ownTicks, Date.parse(own.startedAt));
  return isClockRight && isLater(ticks, startedAtMs);
}

/** Times of different clocks, and of a process and its program, differ by less. */
const toleranceMs = 10_000;

/** USER_HZ is 100 on all machines that Node runs on. */
const tickMs = 10;
