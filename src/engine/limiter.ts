import { AbortedError } from '../errors.ts';
import { createAdaptiveLimit, createAlarm } from './pace.ts';

export interface LimiterOptions {
  /** At most so many requests at once; whole, 1 or more. */
  readonly concurrency: number;
  /** A cap on starts, retries included; above 0. */
  readonly requestsPerMinute?: number | undefined;
  /** The time in milliseconds, by the clock that `untilMs` and `pausedUntilMs` go by; one that nobody sets. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or rejects when the signal is raised, and only then. */
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told after each start, end and report; must not throw. A pause that ends is told with the next start. */
  readonly onChange?: ((state: LimiterState) => void) | undefined;
}

export interface LimiterState {
  /** Requests that run; above `limit` only while those from before a reduction end. */
  readonly active: number;
  readonly limit: number;
  /** Undefined where there is no pause. */
  readonly pausedUntilMs: number | undefined;
}

/** What a request tells of its reply, when it comes or later. */
export interface Report {
  /**
   * The server said "too many": nobody starts before then, as the quota is everybody's, and after repeated ones fewer run at
   * once. Without a time nobody waits, but it counts.
   */
  limited(untilMs: number | undefined): void;
  /** The server answered: after a while of these more run at once again. */
  succeeded(): void;
}

export interface Limiter {
  /** Waits for a place, first come, first served, and makes the request. Throws an `AbortedError` when aborted before. */
  run<T>(request: (report: Report) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  readonly state: LimiterState;
}

interface Waiting {
  readonly signal: AbortSignal | undefined;
  readonly begin: () => void;
  readonly refuse: () => void;
}

/**
 * Shares one quota among all requests of a batch. With a cap per minute, starts are 60,000 ms divided by it apart: evenly
 * spaced, no minute has more, wherever the server lets its minute begin, and there is no burst at the start.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const { now, onChange } = options;
  const adaptive = createAdaptiveLimit(options.concurrency);
  const gapMs = 60_000 / (options.requestsPerMinute ?? Number.POSITIVE_INFINITY);
  const alarm = createAlarm(options.sleep, startNext);
  let queue: Waiting[] = [];
  let active = 0;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  let nextStartMs = Number.NEGATIVE_INFINITY;

  return {
    run,
    get state() {
      return stateNow();
    },
  };

  function run<T>(request: (report: Report) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = () => resolve(start(request).finally(end));
      const refuse = () => reject(new AbortedError('aborted', { cause: signal?.reason }));
      if (signal?.aborted) return refuse();
      // One listener for all who wait on a signal: Node warns of more than ten.
      signal?.addEventListener('abort', dropAborted);
      queue.push({ signal, begin, refuse });
      startNext();
    });
  }

  function dropAborted(): void {
    const aborted = queue.filter(({ signal }) => signal?.aborted);
    queue = queue.filter(({ signal }) => !signal?.aborted);
    for (const { refuse } of aborted) refuse();
    startNext();
  }

  /** Called whenever somebody came, left or ended, and by the alarm, which may be early: starts are only ever put off. */
  function startNext(): void {
    while (queue.length > 0 && active < adaptive.limit) {
      const waitMs = Math.max(pausedUntilMs, nextStartMs) - now();
      if (waitMs > 0) {
        alarm.set(waitMs);
        return;
      }
      const next = queue.shift();
      if (next !== undefined) letIn(next);
    }
    if (queue.length === 0) alarm.stop();
  }

  function letIn({ signal, begin, refuse }: Waiting): void {
    if (!queue.some((other) => other.signal === signal)) signal?.removeEventListener('abort', dropAborted);
    // Another listener of the signal may come first and make room.
    if (signal?.aborted) refuse();
    else begin();
  }

  /** Async, so that a throw is a rejection, and the place is freed later and not within `startNext`. */
  async function start<T>(request: (report: Report) => Promise<T>): Promise<T> {
    active += 1;
    nextStartMs = now() + gapMs;
    tell();
    return request(createReport(adaptive.period));
  }

  function end(): void {
    active -= 1;
    tell();
    startNext();
  }

  function createReport(startedIn: number): Report {
    return {
      limited(untilMs) {
        if (untilMs !== undefined && untilMs > pausedUntilMs) pausedUntilMs = untilMs;
        adaptive.refused(startedIn);
        tell();
      },
      succeeded() {
        adaptive.succeeded(startedIn);
        tell();
        startNext();
      },
    };
  }

  function stateNow(): LimiterState {
    const isPaused = pausedUntilMs > now();
    return { active, limit: adaptive.limit, pausedUntilMs: isPaused ? pausedUntilMs : undefined };
  }

  function tell(): void {
    onChange?.(stateNow());
  }
}
