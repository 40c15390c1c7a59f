import { ImageError, NetworkError } from '../../errors.ts';

/** Says of a failure which image it is about, and makes one of the network one of the image. Leaves alone what is neither. */
export function asImageError(error: unknown, name: string): unknown {
  if (error instanceof ImageError) return error.about(name);
  if (!(error instanceof NetworkError)) return error;
  const { message, hint, retryable } = error;
  return new ImageError(message, { hint, retryable, cause: error }).about(name);
}

const saveIt = 'Open it in a browser, save it, and name the file.';
const tryLater = 'Try again later.';

/** Words a status that comes without an image. */
export function statusFailure(status: number): ImageError {
  const [what, hint, retryable] = statuses[status] ?? statusClass(status);
  return new ImageError(`${what} (HTTP ${status})`, { hint, retryable });
}

type Explanation = readonly [what: string, hint: string, retryable: boolean];

const notReadable: Explanation = ['the server does not let it be read', saveIt, false];
const gone: Explanation = ['the server has no such image', 'Check the URL.', false];

const statuses: Readonly<Record<number, Explanation>> = {
  401: notReadable,
  403: notReadable,
  404: gone,
  407: ['the proxy wants a user name and password', 'Give them in the URL of the proxy.', false],
  408: ['the server would not wait', tryLater, true],
  410: gone,
  425: ['the server wants to be asked later', tryLater, true],
  429: ['the server was asked too often', tryLater, true],
};

function statusClass(status: number): Explanation {
  if (status >= 500) return ['the server failed', tryLater, status !== 501 && status !== 505];
  if (status >= 400) return ['the server refuses to send it', saveIt, false];
  return ['the server answered without an image', saveIt, false];
}

/** What a proxy answers to the wish for a tunnel. */
export function proxyRefused(status: number): ImageError {
  if (status === 407) return statusFailure(status);
  return new ImageError(`the proxy does not connect to the server (HTTP ${status})`, {
    hint: 'Check the URL, and whether the proxy allows it.',
    retryable: status >= 500,
  });
}

export function tooManyRedirects(most: number): ImageError {
  return new ImageError(`the server redirects more than ${most} times`, { hint: saveIt });
}

export function nowhere(): ImageError {
  return new ImageError('the server redirects, but not to a URL', { hint: saveIt });
}

export function notWeb({ protocol }: URL): ImageError {
  return new ImageError(`${shorten(protocol)} is not http: or https:`, { hint: saveIt });
}

export function insecureRedirect({ host }: URL): ImageError {
  return new ImageError(`the server redirects from https to http (${shorten(host)})`, {
    hint: 'If that is safe enough, name the URL with http yourself.',
  });
}

export function notPublic(host: string): ImageError {
  return new ImageError(`the server redirects to ${shorten(host)}, which is not a public address`, {
    hint: 'If you trust that address, name it yourself.',
  });
}

export function unknownEncoding(encoding: string): ImageError {
  const shown = shorten(encoding.replace(/[^\x20-\x7e]/g, ''));
  return new ImageError(`the server compressed it in a way that cannot be read (${shown})`, { hint: saveIt });
}

export function tooLarge(mostBytes: number): ImageError {
  return new ImageError(`larger than ${mostBytes.toLocaleString('en')} bytes`, {
    hint: '`maxRequestBytes` raises the limit; a file that `maxEdge` shrinks may be of any size.',
  });
}

export function empty(): ImageError {
  return new ImageError('empty, the server sent 0 bytes', { hint: saveIt });
}

export function timedOut(timeoutMs: number): ImageError {
  return new ImageError(`no complete image within ${timeoutMs / 1000} s`, {
    hint: 'Raise `timeoutMs`, or try again later.',
    retryable: true,
  });
}

/** What a server says can be of any length. */
function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
