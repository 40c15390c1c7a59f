import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';

/** What can be learnt of the processes of this machine; undefined where the system does not tell. */
export interface Machine {
  /** The boot that this machine runs since; containers share that of their host. */
  readonly boot: () => string | undefined;
  /** Which processes this one sees and numbers: another container has its own. */
  readonly namespace: () => string | undefined;
  /** When a process started, in clock ticks since the boot. */
  readonly startTicks: (pid: number) => number | undefined;
  /** The same, in milliseconds since 1970, to a few seconds. */
  readonly startedAtMs: (pid: number) => number | undefined;
  /** When the machine started, in milliseconds since 1970, to a few seconds. */
  readonly bootedAtMs: () => number;
  /** Whether a process that has this number in another namespace, and started then, is still there. */
  readonly isInAnother: (pid: number, startTicks: number | undefined) => boolean | undefined;
}

/** This machine. Linux tells all of it, other systems when they started: https://man7.org/linux/man-pages/man5/proc.5.html */
export const thisMachine: Machine = {
  boot: () => read('/proc/sys/kernel/random/boot_id')?.trim() || undefined,
  namespace,
  startTicks,
  startedAtMs: (pid) => {
    const ticks = startTicks(pid);
    return ticks === undefined ? undefined : bootedAtMs() + ticks * tickMs;
  },
  bootedAtMs,
  isInAnother: (pid, ticks) => {
    // Only from outside of all containers can all processes be seen, unless they are hidden.
    if (namespace() !== outermost || numbersOf('1') === undefined) return undefined;
    return readdirSync('/proc').some((entry) => {
      const numbers = /^\d+$/.test(entry) ? (numbersOf(entry) ?? []) : [];
      return numbers.length > 1 && numbers.at(-1) === pid && startTicks(Number(entry)) === ticks;
    });
  },
};

/** The number of the first namespace is part of Linux: https://github.com/torvalds/linux/blob/v6.12/include/linux/proc_ns.h */
const outermost = 'pid:[4026531836]';

/** USER_HZ is 100 on all machines that Node runs on. */
const tickMs = 10;

function bootedAtMs(): number {
  return Date.now() - uptime() * 1000;
}

function namespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function startTicks(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name, and may hold anything but what ends it last.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields?.[19]);
  return Number.isSafeInteger(ticks) && ticks > 0 ? ticks : undefined;
}

/** The numbers of a process in all namespaces that it is part of, the innermost last. */
function numbersOf(entry: string): number[] | undefined {
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
