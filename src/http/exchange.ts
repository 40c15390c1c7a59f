import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import type { Readable } from 'node:stream';
import { AbortedError } from '../errors.ts';
import { decompress, readPieces, replyBound } from './body.ts';
import { explainNetworkFailure, foundFailure, IdleCloseError, isLoss, timedOut } from './failure.ts';
import { createProxyAgent, guardTunnel } from './proxy.ts';

/** An HTTP reply whose body is still to be read. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /**
   * The body without Content-Encoding, once, as it arrives, and no more than 64 MiB of it. Throws a `NetworkError` where it
   * does not come whole, and an `AbortedError`. The connection is closed on time-out, and where iteration ends early while
   * more is to come.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** One HTTP reply, read to its end. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Reads a reply to its end. Throws what its body throws. */
export async function readWhole({ status, headers, body }: Reply): Promise<HttpReply> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return { status, headers, body: Buffer.concat(pieces) };
}

/** Where a request goes, and all its headers; either may hold the key: to be sent, never to be shown. */
export interface Target {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request body whose length is known before its first byte is read. */
export interface RequestBody {
  /** Exact length in bytes: the Content-Length. */
  readonly length: number;
  /** The body from its start; can be called again for another attempt. Strings are ASCII. */
  chunks(): AsyncGenerator<Uint8Array | string>;
}

export interface TransportOptions {
  /** Bound on the whole attempt, from the connection to the last byte of the body, in milliseconds. */
  readonly timeoutMs: number;
  /** URL of the proxy to go through, credentials included; none unless given. */
  readonly proxy?: string | undefined;
  /** Connections to use; otherwise there is a new one for each attempt, through `proxy`. */
  readonly agent?: Agent | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each piece how many bytes of the body were handed to the network. */
  readonly onUpload?: ((sentBytes: number) => void) | undefined;
  /** The loss that this request is sent again after: on a new connection, and within the time of the first. */
  readonly resumes?: IdleCloseError | undefined;
}

/** Longer than any way to the server and back; shorter than any answer takes. */
const idleCloseMs = 100;

/**
 * Makes one attempt and resolves once the head of the reply is here. Any HTTP status is a reply; everything else that can go
 * wrong is a `NetworkError`.
 */
export type Transport = (target: Target, body: RequestBody, options: TransportOptions) => Promise<Reply>;

/**
 * Posts a body over node:http(s): Node's `fetch` takes twice as long to load as everything else here together.
 *
 * @param monotonicNow milliseconds by a clock that nobody sets
 */
export function createTransport(monotonicNow: () => number): Transport {
  return (target, body, options) => exchange(target, body, options, monotonicNow);
}

async function exchange(
  { url, headers }: Target,
  body: RequestBody,
  options: TransportOptions,
  monotonicNow: () => number,
): Promise<Reply> {
  const { signal, proxy, timeoutMs, resumes } = options;
  const startedMs = monotonicNow() - (resumes?.elapsedMs ?? 0);
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest;
  const tunnel = new AbortController();
  const agent =
    options.agent ??
    (proxy === undefined ? false : await createProxyAgent(proxy, url, { signal: tunnel.signal }));
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });

  if (resumes !== undefined) closeIdle(options.agent);
  return new Promise<Reply>((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers });
    let isOver = false;
    let failure: unknown;
    const finish = () => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    /** The first failure counts: what follows, follows from closing the connection. */
    const fail = (error: unknown) => {
      if (isOver) return;
      failure = explainNetworkFailure(error, url, proxy);
      finish();
      outgoing.destroy();
      tunnel.abort();
      reject(failure);
    };
    const abort = () => fail(new AbortedError('aborted', { cause: signal?.reason }));
    const expire = () => fail(timedOut(timeoutMs, outgoing.socket?.connecting === false));
    const timer = setTimeout(expire, startedMs + timeoutMs - monotonicNow());
    signal?.addEventListener('abort', abort);

    let sentMs: number | undefined;
    let readBytes: number | undefined;
    const lose = (error: Error) => {
      const nowMs = monotonicNow();
      const wasIdle = outgoing.reusedSocket && outgoing.socket?.bytesRead === readBytes;
      if (wasIdle && isLoss(error) && nowMs - (sentMs ?? nowMs) <= idleCloseMs)
        fail(new IdleCloseError(url, nowMs - startedMs, error));
      else fail(error);
    };
    let isAnswered = false;
    // A server may answer and hang up before the upload is over: its answer, when there is one, counts for more.
    outgoing.on('error', (error) => setImmediate(() => isAnswered || lose(error)));
    guardTunnel(outgoing, url, proxy, fail);
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(foundFailure('UPGRADE'));
    });
    outgoing.on('socket', (socket) => {
      readBytes = socket.bytesRead;
      const onUpload = (sentBytes: number) => {
        sentMs ??= monotonicNow();
        options.onUpload?.(sentBytes);
      };
      upload(outgoing, body, onUpload).catch(fail);
    });
    outgoing.on('response', (response) => {
      if (isOver) return;
      isAnswered = true;
      // Whoever reads the body hears of it; until then, somebody has to.
      response.on('error', () => undefined);
      const { statusCode: status = 0, headers } = response;
      decompress(response).then(
        (bytes) => resolve({ status, headers, body: receive(response, bytes) }),
        fail,
      );
    });

    async function* receive(response: IncomingMessage, bytes: Readable): AsyncGenerator<Uint8Array> {
      let isWhole = false;
      try {
        yield* readPieces(bytes, replyBound);
        isWhole = true;
      } catch (error) {
        fail(error);
      } finally {
        finish();
        const isFinished = isWhole && response.complete && outgoing.writableFinished;
        if (options.agent === undefined || !isFinished) outgoing.destroy();
      }
      // What a connection held when it was closed may look whole.
      if (failure !== undefined) throw failure;
    }
  });
}

/** What closed one idle connection is likely to have closed the others. */
function closeIdle(agent: Agent | undefined): void {
  const idle = Object.values(agent?.freeSockets ?? {}).flatMap((sockets) => sockets ?? []);
  for (const socket of idle) socket.destroy();
}

/** Writes the body as fast as the network takes it, and stops where the server answers or hangs up first. */
async function upload(
  outgoing: ClientRequest,
  body: RequestBody,
  onUpload: (sentBytes: number) => void,
): Promise<void> {
  let sentBytes = 0;
  let isOver = false;
  let wake: () => void = () => undefined;
  const stop = () => {
    isOver = true;
    wake();
  };
  // A refusal makes the rest pointless; the head of a good answer may come before all of it is read.
  outgoing.once('response', ({ statusCode = 0 }) => statusCode >= 300 && stop());
  outgoing.once('close', stop).on('drain', () => wake());
  for await (const chunk of body.chunks()) {
    if (isOver) return;
    const hasRoom = outgoing.write(chunk, 'latin1');
    sentBytes += chunk.length;
    onUpload(sentBytes);
    if (!hasRoom && !isOver)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  if (!isOver) outgoing.end();
}
