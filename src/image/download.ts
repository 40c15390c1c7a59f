import type { IncomingMessage } from 'node:http';
import { AbortedError, ImageError, NetworkError } from '../errors.ts';
import { decompress } from '../network/decompress.ts';
import { explainNetworkFailure } from '../network/failure.ts';
import { explainStatus } from './download/explain-status.ts';
import { request } from './download/hop.ts';
import { nextUrl } from './download/redirect.ts';

export interface DownloadOptions {
  /** Bound on the whole download, from the first connection to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** A larger body is refused. */
  readonly mostBytes: number;
  /** The proxy to go through, asked for each address; none unless given. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes are here; the total where the server tells. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
}

export interface Download {
  /** What the server calls it, which need not be true. */
  readonly contentType: string | undefined;
  /** The bytes, to be read once and at once: the time-out goes on, and reading them to their end or leaving lets go. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** As browsers have it, but fewer: https://fetch.spec.whatwg.org/#http-redirect-fetch */
const mostRedirects = 5;

/**
 * Asks for an image at an http or https URL and follows redirects, at most 5, never from https to http, and never to a
 * private address: such a one is reached only where a person named it.
 * Throws an `ImageError`, `retryable` where another attempt can help, or an `AbortedError`.
 */
export async function download(typed: URL, name: string, options: DownloadOptions): Promise<Download> {
  const { signal, timeoutMs } = options;
  const stop = new AbortController();
  const abort = () => stop.abort(new AbortedError('aborted', { cause: signal?.reason }));
  const timer = setTimeout(() => stop.abort(timedOut(timeoutMs)), timeoutMs);
  const letGo = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    stop.abort(new Error('over'));
  };
  const explain = (error: unknown, url: URL, proxy?: string) =>
    stop.signal.aborted ? named(stop.signal.reason, name) : named(failed(error, url, proxy), name);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();

  let url = typed;
  try {
    for (let redirects = 0; ; redirects += 1) {
      const response = await request(url, typed, options.proxyFor, stop.signal);
      const location = isRedirect(response) ? response.headers.location : undefined;
      if (location === undefined) {
        const chunks = read(await accept(response, options.mostBytes), response, options);
        return {
          contentType: contentType(response),
          chunks: closing(chunks, letGo, (error) => explain(error, url)),
        };
      }
      if (redirects === mostRedirects) throw tooManyRedirects();
      response.destroy();
      url = nextUrl(url, location, typed);
    }
  } catch (error) {
    const explained = explain(error, url);
    letGo();
    throw explained;
  }
}

function isRedirect({ statusCode = 0 }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

/** Refuses what is no image, or too large, before its body is read. */
async function accept(response: IncomingMessage, mostBytes: number): Promise<AsyncIterable<Buffer>> {
  const { statusCode = 0 } = response;
  if (statusCode !== 200) throw explainStatus(statusCode);
  if ((totalBytes(response) ?? 0) > mostBytes) throw tooLarge(mostBytes);
  return decompress(response);
}

function totalBytes({ headers }: IncomingMessage): number | undefined {
  const length = Number(headers['content-length'] ?? Number.NaN);
  const isPlain = /^(?:identity)?$/i.test(headers['content-encoding'] ?? '');
  return isPlain && Number.isSafeInteger(length) ? length : undefined;
}

async function* read(
  body: AsyncIterable<Buffer>,
  response: IncomingMessage,
  { mostBytes, onDownload }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0;
  for await (const chunk of body) {
    receivedBytes += chunk.length;
    if (receivedBytes > mostBytes) throw tooLarge(mostBytes);
    onDownload?.(receivedBytes, totalBytes(response));
    yield chunk;
  }
  if (!response.complete) throw new ImageError('the connection broke before its end', tryAgain);
}

async function* closing<T>(
  chunks: AsyncIterable<T>,
  letGo: () => void,
  explain: (error: unknown) => unknown,
): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (error) {
    throw explain(error);
  } finally {
    letGo();
  }
}

/** The type alone, without parameters, and no more of it than a type can be long. */
function contentType({ headers }: IncomingMessage): string | undefined {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  return /^[\w.+-]+\/[\w.+-]+$/.test(type.trim()) ? type.trim().slice(0, 100) : undefined;
}

/** What the network says, as something that is wrong with the image. */
function failed(error: unknown, url: URL, proxy: string | undefined): unknown {
  const failure = explainNetworkFailure(error, url, proxy, 'the address');
  if (!(failure instanceof NetworkError)) return failure;
  const { message, hint, retryable } = failure;
  return new ImageError(`cannot be downloaded: ${message}`, { hint, retryable, cause: failure });
}

function named(error: unknown, name: string): unknown {
  return error instanceof ImageError ? error.about(name) : error;
}

const tryAgain = { hint: 'Try again later.', retryable: true };

function timedOut(timeoutMs: number): ImageError {
  return new ImageError(`not downloaded within ${timeoutMs / 1000} s`, {
    hint: 'Raise `timeoutMs`, or try again later.',
    retryable: true,
  });
}

function tooLarge(mostBytes: number): ImageError {
  return new ImageError(`larger than ${mostBytes.toLocaleString('en')} bytes`, {
    hint: '`maxRequestBytes` raises the limit; a file that `maxEdge` shrinks may be of any size.',
  });
}

function tooManyRedirects(): ImageError {
  return new ImageError(`more than ${mostRedirects} redirects`, {
    hint: 'Open it in a browser, save it, and name the file.',
  });
}
