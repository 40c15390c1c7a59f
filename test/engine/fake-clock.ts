import { setImmediate } from 'node:timers/promises';
import { AbortedError } from '../../src/errors.ts';

export type FakeClock = ReturnType<typeof createFakeClock>;

/** A clock that moves when told to, from one wake-up to the next, and lets everybody act in between. */
export function createFakeClock() {
  let nowMs = 0;
  let count = 0;
  const sleepers = new Set<{ readonly atMs: number; readonly order: number; readonly wake: () => void }>();

  const sleep = (delayMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        sleepers.delete(sleeper);
        reject(new AbortedError('aborted'));
      };
      const wake = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper = { atMs: nowMs + Math.max(delayMs, 0), order: count++, wake };
      if (signal?.aborted) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      sleepers.add(sleeper);
    });

  /** Moves to the next wake-up; false where nobody sleeps. */
  async function tick(): Promise<boolean> {
    await setImmediate();
    const [next] = [...sleepers].sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    if (next === undefined) return false;
    sleepers.delete(next);
    nowMs = Math.max(nowMs, next.atMs);
    next.wake();
    await setImmediate();
    return true;
  }

  return {
    now: () => nowMs,
    sleep,
    tick,
    /** Moves on to a time, or until nobody sleeps. */
    async runTo(endMs = Number.POSITIVE_INFINITY): Promise<void> {
      await setImmediate();
      while ([...sleepers].some(({ atMs }) => atMs <= endMs)) await tick();
      if (endMs < Number.POSITIVE_INFINITY) nowMs = Math.max(nowMs, endMs);
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
