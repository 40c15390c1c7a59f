import { ImageError, NetworkError, option, say } from '../../errors.ts';

/** Names the image in a failure, and makes one of the network one of the image; leaves alone what is neither. */
export function asImageError(error: unknown, name: string): unknown {
  if (error instanceof ImageError) return error.about(name);
  if (!(error instanceof NetworkError)) return error;
  const { message, hint, retryable } = error;
  return new ImageError(`cannot be downloaded: ${message}`, { hint, retryable, cause: error }).about(name);
}

const openIt = 'Open it in a browser, save it, and use the file.';

export function notWeb({ protocol }: URL): ImageError {
  return new ImageError(`${protocol.slice(0, 20)} is not http: or https:`, { hint: openIt });
}

export function tooManyRedirects(most: number): ImageError {
  return new ImageError(`more than ${most} redirects`, { hint: openIt });
}

export function tooLarge(maxBytes: number): ImageError {
  return new ImageError(`larger than ${maxBytes.toLocaleString('en')} bytes`, {
    hint: say`Raise ${option('maxRequestBytes')}, or scale it down with ${option('maxEdge')}.`,
  });
}

export function empty(): ImageError {
  return new ImageError('empty, the server sent 0 bytes', { hint: openIt });
}

export function moreThanAnnounced(): ImageError {
  return new ImageError('the server sent more bytes than it announced', { hint: openIt, retryable: true });
}

export function timedOut(timeoutMs: number): ImageError {
  return new ImageError(`not downloaded within ${timeoutMs / 1000} s`, {
    hint: say`Raise ${option('timeoutMs')}, or try again later.`,
    retryable: true,
  });
}
