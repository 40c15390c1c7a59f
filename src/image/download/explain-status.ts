import type { IncomingMessage } from 'node:http';
import { ImageError } from '../../errors.ts';
import { retryAfterMs } from '../../http/retry.ts';
import { adviceOnWait, isRetryable, ruleForStatus } from '../../http/retry-table.ts';

/** Says what an HTTP status other than 200 means for an image, and how long the server asks to wait. */
export function explainStatus({ statusCode: status = 0, headers }: IncomingMessage): ImageError {
  const rule = ruleForStatus(status);
  const retryable = isRetryable(rule);
  const [what, hint] = known[status] ?? (status >= 500 || retryable ? [rule.what, tryLater] : refused);
  const waitMs = retryable ? retryAfterMs(headers, Date.now()) : undefined;
  return new ImageError(`${what} (HTTP ${status})`, {
    hint: waitMs === undefined ? hint : adviceOnWait(waitMs),
    retryable,
    retryAfterMs: waitMs,
  });
}

type Explanation = readonly [what: string, hint: string];

const openIt = 'Open it in a browser, save it, and use the file.';
const tryLater = 'Try again later.';
const refused: Explanation = ['the server refused the request', openIt];

/** What only an image can mean; whether it is tried again is in `http/retry-table.ts`. */
const known: Readonly<Record<number, Explanation>> = {
  401: ['the server denied access', openIt],
  403: ['the server denied access', openIt],
  404: ['no such image on the server', 'Check the URL.'],
  407: ['the proxy requires a user name and password', 'Add them to the URL of the proxy.'],
  410: ['the image was removed from the server', 'Look for another copy.'],
};
