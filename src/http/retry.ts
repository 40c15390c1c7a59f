import { AbortedError, ApiError, ImageError, NetworkError, NoAnswerError } from '../errors.ts';

/** A failed attempt that will be followed by another. */
export interface RetryNotice {
  /** What went wrong. */
  readonly reason: string;
  /** HTTP status; undefined where there was no reply. */
  readonly status: number | undefined;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How many attempts there are at most. */
  readonly attempts: number;
  readonly delayMs: number;
  /** When the next attempt starts. */
  readonly resumesAt: Date;
}

/** How often and how long to try again. */
export interface RetrySettings {
  /** Attempts after the first; 0 turns retries off. */
  readonly retries: number;
  /** The longest wait between two attempts, in milliseconds. */
  readonly maxWaitMs: number;
}

/** How to make attempts. */
export interface AttemptOptions extends RetrySettings {
  /** Takes the key out of what is told. */
  readonly redact: (text: string) => string;
  /** Told before each wait. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Randomness, clock and waiting, handed in. */
interface Waiting {
  readonly random: () => number;
  readonly now: () => number;
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Does something until it succeeds or trying again makes no sense; then throws the last failure. */
export async function withRetries<T>(
  work: () => Promise<T>,
  options: AttemptOptions,
  { random, now, sleep }: Waiting,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (failure) {
      const delayMs = retryDelayMs(failure, attempt, options, random());
      if (delayMs === undefined) throw failure;
      const reason = options.redact(failure instanceof Error ? failure.message : String(failure));
      const resumesAt = new Date(now() + delayMs);
      const status = failure instanceof ApiError ? failure.status : undefined;
      options.onRetry?.({ reason, status, attempt, attempts: options.retries + 1, delayMs, resumesAt });
      await sleep(delayMs, options.signal);
    }
  }
}

/**
 * Decides how long to wait before another attempt, in milliseconds; undefined where there is none.
 * The server's requested delay wins; without one, it is exponential backoff with full jitter.
 * See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt the attempt that failed, from 1
 * @param random a number from 0 to 1
 */
export function retryDelayMs(
  failure: unknown,
  attempt: number,
  { retries, maxWaitMs }: RetrySettings,
  random: number,
): number | undefined {
  if (attempt > retries) return undefined;
  if (!isRetryable(failure)) return undefined;
  const isFromServer = failure instanceof ApiError || failure instanceof ImageError;
  const asked = isFromServer ? failure.retryAfterMs : undefined;
  if (asked !== undefined) return asked > maxWaitMs ? undefined : asked;
  return random * Math.min(firstBackoffMs * 2 ** (attempt - 1), maxWaitMs);
}

const firstBackoffMs = 1000;

function isRetryable(failure: unknown) {
  const kinds = [ApiError, ImageError, NetworkError, NoAnswerError];
  return kinds.some((kind) => failure instanceof kind && failure.retryable);
}

/** Waits by the clock. Throws an `AbortedError` when the signal is raised first. */
export function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AbortedError('aborted', { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
