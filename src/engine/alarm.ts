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
