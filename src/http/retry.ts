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

/**
 * Resolves once signals, timers and other requests had their turn: what reads megabytes in one go keeps them waiting, and one
 * such reading should not follow another at once.
 */
export function nextTurn(): Promise<void> {
  // The first one ends the turn that is under way, before it looks for what came from outside.
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
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

/**
 * How long the header `Retry-After` asks to wait, in milliseconds: whole seconds, a decimal rounded up to whole seconds, or
 * until a date. Undefined where it says nothing that can be meant.
 * See https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 *
 * @param headers names in lower case
 * @param nowMs the current time in milliseconds since 1970, for a server that does not tell its own
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  nowMs: number,
): number | undefined {
  const text = String(headers['retry-after'] ?? '').trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return plausible(Math.ceil(Number(text)) * 1000);
  const untilMs = parseHttpDate(text, nowMs);
  if (untilMs === undefined) return undefined;
  // A date is compared with the server's own clock where it tells, as that need not agree with ours.
  const fromMs = parseHttpDate(String(headers.date ?? ''), nowMs) ?? nowMs;
  return plausible(Math.max(0, untilMs - fromMs));
}

/** A wait of more than a year is a mistake of the server. */
function plausible(waitMs: number): number | undefined {
  return waitMs > 366 * 24 * 3600 * 1000 ? undefined : waitMs;
}

/**
 * Reads a date in one of the three forms that HTTP allows, as milliseconds since 1970; undefined for any other text.
 * `Date.parse` takes far more: to it, `1.5` is a day in January 2001.
 * See https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 *
 * @param nowMs the current time, which decides the century of a year of two digits
 */
function parseHttpDate(text: string, nowMs: number): number | undefined {
  const form = dateForms.find((candidate) => candidate.test(text));
  const { day = '', month = '', year = '', hour, minute, second } = form?.exec(text)?.groups ?? {};
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  // A leap second exists.
  if (form === undefined || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const inYear = (fullYear: string) => {
    const date = `${fullYear}-${String(months.indexOf(month) + 1).padStart(2, '0')}-${day.trim().padStart(2, '0')}`;
    const midnight = new Date(date);
    // To Date, 30 February is 2 March.
    if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(date)) return undefined;
    return midnight.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  };
  if (year.length === 4) return inYear(year);
  const century = Math.floor(new Date(nowMs).getUTCFullYear() / 100);
  const timeMs = inYear(`${century}${year}`);
  return timeMs !== undefined && timeMs - nowMs > fiftyYearsMs ? inYear(`${century - 1}${year}`) : timeMs;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const fiftyYearsMs = 50 * 365.25 * 24 * 3600 * 1000;

const dateForms = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  // Sunday, 06-Nov-94 08:49:37 GMT
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  // Sun Nov  6 08:49:37 1994
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})$/,
];
