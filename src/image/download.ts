import { decompress, isCompressed } from '../http/body.ts';
import { explainStatus } from './download/explain-status.ts';
import { asImageError, tooLarge } from './download/failure.ts';
import { follow } from './download/follow.ts';
import type { Answer } from './download/hop.ts';
import { type Lifetime, startLifetime } from './download/lifetime.ts';
import { readPieces } from './download/pieces.ts';

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
   * The connection ends with the iteration, early or late. Whoever does not iterate lets go of it with the iterator's
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
    const answer = await follow(url, options.proxyFor, lifetime.signal);
    return await receive(answer, name, options, lifetime);
  } catch (error) {
    lifetime.end(error);
    throw asImageError(lifetime.signal.reason, name);
  }
}

async function receive(
  { response, explain }: Answer,
  name: string,
  { maxBytes, onDownload }: DownloadOptions,
  lifetime: Lifetime,
): Promise<Download> {
  const { statusCode, headers } = response;
  // 203 is a 200 that a proxy has changed on the way.
  if (statusCode !== 200 && statusCode !== 203) throw explainStatus(response);
  const length = headers['content-length'];
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);

  const totalBytes = length === undefined || isCompressed(response) ? undefined : Number(length);
  const chunks = readPieces(await decompress(response), lifetime, {
    maxBytes,
    onPiece: (receivedBytes) => onDownload?.(receivedBytes, totalBytes),
    explain: (error) => asImageError(explain(error), name),
  });
  return { contentType: mediaType(headers['content-type']), chunks };
}

/** The type of a Content-Type without its parameters; undefined for what is none. */
function mediaType(contentType = ''): string | undefined {
  return /^[\w!#$&^.+-]{1,60}\/[\w!#$&^.+-]{1,60}(?=[\s;,]|$)/.exec(contentType.trim())?.[0].toLowerCase();
}
