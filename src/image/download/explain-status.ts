import { ImageError } from '../../errors.ts';

/** Says what an HTTP status other than 200 means for an image. */
export function explainStatus(status: number): ImageError {
  const [what, hint] = known[status] ?? (status >= 500 ? failed : ['the server does not send it', openIt]);
  return new ImageError(`${what} (HTTP ${status})`, { hint, retryable: isRetryable(status) });
}

function isRetryable(status: number): boolean {
  // From 520 to 524, content delivery networks tell of the server behind them.
  return [408, 425, 429, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 524);
}

const openIt = 'Open it in a browser, save it, and name the file.';
const failed = ['the server failed', 'Try again later.'] as const;
const proxyCredentials = [
  'the proxy wants a user name and password',
  'Put them into the URL of the proxy.',
] as const;

const known: Readonly<Record<number, readonly [what: string, hint: string]>> = {
  401: ['the server does not let it be read', openIt],
  403: ['the server does not let it be read', openIt],
  404: ['the server has no such image', 'Check the address.'],
  407: proxyCredentials,
  410: ['the server has no such image any more', 'Look for another copy.'],
  429: ['the server is asked too often', 'Try again later.'],
};
