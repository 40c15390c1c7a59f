import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { AbortedError, ImageError, NetworkError } from '../errors.ts';
import { decompress, isCompressed, readPieces } from '../http/body.ts';
import { option, say } from '../sentence.ts';
import { explainStatus, openIt, type Response } from './download-request.ts';
import { followRedirects } from './redirects.ts';
import { tooLarge } from './spool.ts';

export interface DownloadOptions {
  /** Bound on the whole download, from the connection to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** Of an image that is larger, compressed or not, no more is read. */
  readonly maxBytes: number;
  /** The proxy to go through, an http or https URL; asked for each redirect anew. None unless given. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each piece how much of the image is here, and how much there will be where the server says so. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
}

export interface Download {
  /** The type that the server claims, in lower case and without parameters; a claim, no more. */
  readonly contentType: string | undefined;
  /**
   * The image from its start, once. Throws an `ImageError` when it does not come whole, and an `AbortedError`.
   * The connection ends with the iteration, early or late. Whoever does not iterate closes it with the iterator's
   * `return()`; otherwise the time-out does.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Asks for an image at an http or https URL, and resolves when the server begins to send it.
 * Throws an `ImageError` when there is none, `retryable` where another attempt can help, and an `AbortedError`.
 *
 * @param name what messages call the image; the URL's password does not belong in it
 */
export async function download(url: URL, name: string, options: DownloadOptions): Promise<Download> {
  const lifetime = startLifetime(options);
  try {
    const response = await followRedirects(url, options.proxyFor, lifetime.signal);
    return await receive(response, name, options, lifetime);
  } catch (error) {
    lifetime.end(error);
    throw asImageError(lifetime.signal.reason, name);
  }
}

/** How long everything that belongs to one download may live. */
interface Lifetime {
  /** Aborted when the download is over, for whatever reason; everything that is open closes then. */
  readonly signal: AbortSignal;
  /** Ends it; of several reasons, the first counts. */
  readonly end: (reason?: unknown) => void;
}

/** Ends by itself when the time is up or the caller's signal is raised. */
function startLifetime({ timeoutMs, signal }: DownloadOptions): Lifetime {
  const controller = new AbortController();
  const end = (reason: unknown = new AbortedError('aborted')) => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    controller.abort(reason);
  };
  const abort = () => end(new AbortedError('aborted', { cause: signal?.reason }));
  const timer = setTimeout(() => end(timedOut(timeoutMs)), timeoutMs);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  return { signal: controller.signal, end };
}

async function receive(
  { message, explain }: Response,
  name: string,
  { maxBytes, onDownload }: DownloadOptions,
  lifetime: Lifetime,
): Promise<Download> {
  const { statusCode, headers } = message;
  // 203 is a 200 that a proxy has changed on the way.
  if (statusCode !== 200 && statusCode !== 203) throw explainStatus(message);
  if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes);

  const body = await decompress(message);
  // Whoever iterates hears of it; until then, somebody has to.
  body.on('error', () => undefined);
  lifetime.signal.addEventListener('abort', () => body.destroy(lifetime.signal.reason), { once: true });
  const totalBytes = announcedBytes(message);
  const pieces = readImage(body, lifetime, {
    maxBytes,
    onPiece: (receivedBytes) => onDownload?.(receivedBytes, totalBytes),
    explain: (error) => asImageError(explain(error), name),
  });
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => pieces.next(),
    // A generator that was never begun would return without ending the download.
    return: () => {
      lifetime.end();
      return pieces.return(undefined);
    },
  };
  return {
    contentType: mediaType(headers['content-type']),
    chunks: { [Symbol.asyncIterator]: () => iterator },
  };
}

function announcedBytes(message: IncomingMessage): number | undefined {
  const length = message.headers['content-length'];
  return length === undefined || isCompressed(message) ? undefined : Number(length);
}

interface Reading {
  readonly maxBytes: number;
  readonly onPiece: (receivedBytes: number) => void;
  /** Turns what went wrong into what is thrown. */
  readonly explain: (error: unknown) => unknown;
}

/** Reads a body once, up to a bound; the lifetime ends with it, and it with the lifetime. */
async function* readImage(
  body: Readable,
  { signal, end }: Lifetime,
  { maxBytes, onPiece, explain }: Reading,
): AsyncGenerator<Uint8Array, undefined> {
  let receivedBytes = 0;
  try {
    for await (const piece of readPieces(body, { maxBytes, tooLarge: () => tooLarge(maxBytes) })) {
      receivedBytes += piece.length;
      onPiece(receivedBytes);
      yield piece;
    }
    if (receivedBytes === 0) throw new ImageError('empty, the server sent 0 bytes', { hint: openIt });
  } catch (error) {
    end(error);
    throw explain(signal.reason);
  } finally {
    end();
  }
}

/** The type of a Content-Type without its parameters; undefined for what is none. */
function mediaType(contentType = ''): string | undefined {
  return /^[\w!#$&^.+-]{1,60}\/[\w!#$&^.+-]{1,60}(?=[\s;,]|$)/.exec(contentType.trim())?.[0].toLowerCase();
}

/** Names the image in a failure, and makes one of the network one of the image; leaves alone what is neither. */
function asImageError(error: unknown, name: string): unknown {
  if (error instanceof ImageError) return error.about(name);
  if (!(error instanceof NetworkError)) return error;
  const { message, hint, retryable } = error;
  return new ImageError(`cannot be downloaded: ${message}`, { hint, retryable, cause: error }).about(name);
}

function timedOut(timeoutMs: number): ImageError {
  return new ImageError(`not downloaded within ${timeoutMs / 1000} s`, {
    hint: say`Raise ${option('timeoutMs')}, or try again later.`,
    retryable: true,
  });
}
