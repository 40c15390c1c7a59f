import type { IncomingMessage } from 'node:http';
import { ImageError } from '../errors.ts';
import { explainNetworkFailure } from '../http/failure.ts';
import { checkedLookup, SpecialAddressError } from '../http/private-address.ts';
import { createProxyAgent, guardTunnel } from '../http/proxy.ts';
import { retryAfterMs } from '../http/retry.ts';
import { adviceOnWait, isRetryable, ruleForStatus } from '../http/retry-table.ts';

/** One request, and how it gets there. */
export interface DownloadRequest {
  /** Without user name and password. */
  readonly url: URL;
  readonly proxy: string | undefined;
  /** User name and password, with a colon between them. */
  readonly credentials: string | undefined;
  /** Whether a private address is connected to. */
  readonly mayBePrivate: boolean;
}

/** The head of a response, whose body is not read yet. */
export interface Response {
  readonly message: IncomingMessage;
  /** Turns what Node throws while the body is read into a `NetworkError`. */
  readonly explain: (error: unknown) => unknown;
  readonly close: () => void;
  /** Where the connection goes, be it the server or a proxy. */
  readonly remoteAddress: string | undefined;
}

/**
 * Makes one GET request and resolves once the head of the response is here. The signal closes the connection at any time.
 * Throws an `ImageError` or a `NetworkError`.
 */
export async function requestImage(
  { url, proxy, credentials, mayBePrivate }: DownloadRequest,
  signal: AbortSignal,
): Promise<Response> {
  const isTls = url.protocol === 'https:';
  if (proxy !== undefined && !mayBePrivate) await untilAborted(lookUpBeforehand(url), signal);
  const node = await (isTls ? import('node:https') : import('node:http'));
  const agent = proxy === undefined ? false : await createProxyAgent(proxy, url, { signal });
  signal.throwIfAborted();
  const explain = (error: unknown) =>
    error instanceof SpecialAddressError
      ? privateHost(url)
      : explainNetworkFailure(error, url, proxy, 'the address');

  return new Promise<Response>((resolve, reject) => {
    const outgoing = node.request(url, {
      agent,
      headers,
      auth: credentials,
      lookup: mayBePrivate ? undefined : checkedLookup,
      // From a path that begins with two slashes, the agent of an http proxy would make another host.
      ...(proxy !== undefined && !isTls && { path: url.href }),
    });
    let response: IncomingMessage | undefined;
    let remoteAddress: string | undefined;
    // Later it may be closed, and know it no longer.
    outgoing.on('socket', (socket) =>
      socket.once('connect', () => {
        remoteAddress = socket.remoteAddress;
      }),
    );
    const close = () => outgoing.destroy();
    const abort = () => {
      close();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort);
    outgoing.on('close', () => signal.removeEventListener('abort', abort));
    outgoing.on('error', (error) => {
      reject(explain(error));
      const isParsing = 'code' in error && String(error.code).startsWith('HPE_');
      // What happens to the connection after the last byte is no matter; bytes after it are.
      if (!response?.complete) response?.destroy(error);
      else if (isParsing) response.destroy(moreThanAnnounced());
    });
    outgoing.on('upgrade', (incoming, socket) => {
      socket.destroy();
      reject(explainStatus(incoming));
    });
    guardTunnel(outgoing, url, proxy, (failure) => {
      reject(failure);
      close();
    });
    outgoing.on('response', (incoming) => {
      // Who reads the body hears of it; until then, somebody has to.
      response = incoming.on('error', () => undefined);
      resolve({ message: response, explain, close, remoteAddress });
    });
    outgoing.end();
  });
}

const headers = {
  accept: 'image/*, */*;q=0.5',
  'accept-encoding': 'identity',
  'user-agent': 'describe-image',
};

/**
 * A proxy looks names up by itself; what this machine knows of them is a good guess. Where it knows nothing, only the proxy
 * can refuse.
 */
function lookUpBeforehand(url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    checkedLookup(url.hostname.replace(/^\[|\]$/g, ''), {}, (error) => {
      if (error instanceof SpecialAddressError) reject(privateHost(url));
      else resolve();
    });
  });
}

/** Waits for what cannot be stopped, but no longer than the signal lets it. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

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

/** What is left to try where a server does not give the image to this program. */
export const openIt = 'Open it in a browser, save it, and use the file.';
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

function moreThanAnnounced(): ImageError {
  return new ImageError('the server sent more bytes than it announced', { hint: openIt, retryable: true });
}

/** A server that points into somebody's own network may be after what only they can reach. */
export function privateHost({ host }: URL): ImageError {
  return notFollowed(`to ${host.slice(0, 100)}, which is on a private network`);
}

/** Says where a redirect leads that is not followed. */
export function notFollowed(where: string): ImageError {
  return new ImageError(`a redirect ${where} is not followed`, {
    hint: 'Use the URL of the image itself, if you trust it.',
  });
}
