import type { HttpReply } from '../types.ts';
import { asText, type JsonObject } from './json.ts';

/** How long the server asks to wait, in milliseconds: by the API's own word, else by the HTTP header. */
export function serverWaitMs(
  details: readonly JsonObject[],
  headers: HttpReply['headers'],
): number | undefined {
  return retryInfoMs(details) ?? retryAfterMs(headers);
}

/** `"45.8s"`: https://cloud.google.com/apis/design/errors#retry_info */
function retryInfoMs(details: readonly JsonObject[]): number | undefined {
  const delays = details.map((detail) => /^(\d+(?:\.\d+)?)s$/.exec(asText(detail.retryDelay) ?? '')?.[1]);
  const seconds = delays.find((delay) => delay !== undefined);
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

/** What gateways send, seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterMs(headers: HttpReply['headers']): number | undefined {
  const text = String(headers['retry-after'] ?? '');
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // A date is held against the server's own clock where it tells, as that need not agree with ours.
  const waitMs = Date.parse(text) - (Date.parse(String(headers.date ?? '')) || Date.now());
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
