/** How many requests may run at once, learned from what the server says. */
export interface AdaptiveLimit {
  /** From 1 to what was allowed at the start. */
  readonly limit: number;
  /** Changes with each refusal that counts; a request keeps the one it started in and gives it back with its report. */
  readonly period: number;
  refused(startedIn: number): void;
  succeeded(startedIn: number): void;
}

/**
 * Halves the limit when refusals repeat and lets it grow by one after every ten answers in a row: additive increase,
 * multiplicative decrease, https://en.wikipedia.org/wiki/Additive_increase/multiplicative_decrease
 *
 * A refusal is repeated when fewer than ten requests that started after the last one have been answered since: a first one
 * says that a quota is used up, which a pause cures, and only the next that so many at once are too many.
 *
 * @param most where the limit starts, and the most it can be; whole, 1 or more
 */
export function createAdaptiveLimit(most: number): AdaptiveLimit {
  let limit = most;
  let period = 0;
  let answers = 0;
  let wouldRepeat = false;
  return {
    get limit() {
      return limit;
    },
    get period() {
      return period;
    },
    refused(startedIn) {
      // Several are in flight when a quota ends; what ran before the last refusal knows nothing that it did not say.
      if (startedIn !== period) return;
      period += 1;
      answers = 0;
      if (wouldRepeat) limit = Math.max(1, Math.floor(limit / 2));
      wouldRepeat = true;
    },
    succeeded(startedIn) {
      if (startedIn !== period) return;
      answers += 1;
      if (answers < answersToGrow) return;
      answers = 0;
      wouldRepeat = false;
      limit = Math.min(limit + 1, most);
    },
  };
}

/**
 * Not the limit itself, as in TCP: growing too early costs a pause of up to a minute for everybody, so that a limit of one
 * must not grow after one answer.
 */
const answersToGrow = 10;

/** One timer that wakes somebody. */
export interface Alarm {
  /** Rings in so many milliseconds, or earlier: one that is set already stays as it is. */
  set(delayMs: number): void;
  /** Lets go of the timer. */
  stop(): void;
}

/**
 * @param sleep resolves after so many milliseconds, or rejects when the signal is raised, and only then
 */
export function createAlarm(
  sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>,
  ring: () => void,
): Alarm {
  let current: AbortController | undefined;
  return {
    set(delayMs) {
      if (current) return;
      const set = new AbortController();
      current = set;
      const wake = () => {
        if (current !== set) return;
        current = undefined;
        ring();
      };
      // Timers count whole milliseconds and drop what is beyond.
      sleep(Math.min(Math.ceil(delayMs), longestMs), set.signal).then(wake, () => undefined);
    },
    stop() {
      current?.abort();
      current = undefined;
    },
  };
}

/** Beyond it, a timer fires at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestMs = 2 ** 31 - 1;
