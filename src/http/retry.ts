import { ApiError, type DescribeImageError, ImageError, NetworkError, NoAnswerError } from '../errors.ts';

/** How often and how long to try again. */
export interface RetrySettings {
  /** Attempts after the first; 0 turns retries off. */
  readonly retries: number;
  /** The longest wait between two attempts, in milliseconds. */
  readonly maxWaitMs: number;
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

function isRetryable(failure: unknown): failure is DescribeImageError {
  const kinds = [ApiError, ImageError, NetworkError, NoAnswerError];
  return kinds.some((kind) => failure instanceof kind && failure.retryable);
}
