import { parseHttpDate } from './http-date.ts';

/** Headers of a reply, names in lower case. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A longer wait is a mistake of the server. */
const longestMs = 366 * 24 * 3600 * 1000;

/**
 * How long the header `Retry-After` asks to wait, in milliseconds: whole seconds, a decimal rounded up to whole seconds, or
 * until a date. Undefined where it says nothing that can be meant.
 * See https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 *
 * @param nowMs the current time in milliseconds since 1970, for a server that does not tell its own
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = String(headers['retry-after'] ?? '').trim();
  const waitMs = /^\d+(?:\.\d+)?$/.test(text)
    ? Math.ceil(Number(text)) * 1000
    : untilDate(text, headers, nowMs);
  return waitMs === undefined || waitMs > longestMs ? undefined : waitMs;
}

/** A date is compared with the server's own clock where it tells, as that need not agree with ours. */
function untilDate(text: string, headers: Headers, nowMs: number): number | undefined {
  const until = parseHttpDate(text, nowMs);
  if (until === undefined) return undefined;
  const from = parseHttpDate(String(headers.date ?? ''), nowMs) ?? nowMs;
  return Math.max(0, until - from);
}
