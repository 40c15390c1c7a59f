import type { HttpReply } from '../http/exchange.ts';
import { retryAfterMs } from '../http/retry.ts';
import { asObject, asText, type JsonObject } from './json.ts';

/**
 * How long the server asks to wait, in milliseconds: by the details of the error, else by the HTTP header, else by its message.
 *
 * @param nowMs the current time in milliseconds since 1970
 */
export function serverWaitMs(
  { details, message }: { readonly details: readonly JsonObject[]; readonly message: string },
  headers: HttpReply['headers'],
  nowMs: number,
): number | undefined {
  return detailMs(details) ?? retryAfterMs(headers, nowMs) ?? messageMs(message);
}

/** `RetryInfo`, https://cloud.google.com/apis/design/errors#retry_info, else what `ErrorInfo` has in its metadata. */
function detailMs(details: readonly JsonObject[]): number | undefined {
  const said = [
    ...details.map(({ retryDelay }) => retryDelay),
    ...details.map(({ metadata }) => asObject(metadata).quotaResetDelay),
  ];
  const delays = said.map((text) => durationMs(asText(text) ?? ''));
  return delays.find((delay) => delay !== undefined);
}

const amount = String.raw`\d{1,9}(?:\.\d{1,12})?`;
const unit = '(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)';
const duration = String.raw`${amount}\s{0,2}${unit}\b|${amount}${unit}(?=\d)`;
const durations = String.raw`(?:${duration})(?:(?:,|\s{1,2}and)?\s{0,2}(?:${duration})){0,4}`;

const wholeDuration = new RegExp(`^${durations}$`, 'i');
const request = new RegExp(
  String.raw`\b(?:(?:retry|retrying|try|trying)(?: again| your request| the request| this request)?|resets?|wait)(?: in| after| for)?:?(?: about| approximately| at least| another)? ~?(${durations})`,
  'i',
);

/** "Please retry in 38.9s." is all that some errors tell: https://github.com/google-gemini/gemini-cli/issues/12586 */
function messageMs(message: string): number | undefined {
  const found = request.exec(message)?.[1];
  return found === undefined ? undefined : durationMs(found);
}

/** `45.8s`, `500ms`, `1h2m3.5s`, `2 minutes and 5 seconds`; undefined for anything else. */
function durationMs(text: string): number | undefined {
  if (!wholeDuration.test(text)) return undefined;
  const parts = text.matchAll(new RegExp(String.raw`(${amount})\s{0,2}(${unit})`, 'gi'));
  const sumMs = [...parts].reduce((sum, [, count, name = '']) => sum + Number(count) * unitMs(name), 0);
  return Math.ceil(sumMs);
}

function unitMs(name: string): number {
  const spelled = name.toLowerCase();
  if (/^(?:ms|millis|msec)/.test(spelled)) return 1;
  const perUnit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
  return perUnit[spelled.charAt(0) as keyof typeof perUnit];
}
