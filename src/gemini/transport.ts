import { type Agent, type ClientRequest, request as httpRequest } from 'node:http';
import { AbortedError, NetworkError } from '../errors.ts';
import { explainNetworkFailure } from '../network/failure.ts';
import { createProxyAgent } from '../network/proxy.ts';
import type { HttpReply } from '../types.ts';
import { version } from '../version.ts';
import type { RequestBody } from './body.ts';
import type { Endpoint } from './endpoint.ts';
import { readBody } from './read-body.ts';

export interface TransportOptions {
  /** Bound on the whole attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** URL of the proxy to go through, credentials included; none unless given. */
  readonly proxy?: string | undefined;
  /** Connections to use; otherwise there is a new one for each attempt, through `proxy`. */
  readonly agent?: Agent | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each piece how many bytes of the body were handed to the network. */
  readonly onUpload?: ((sentBytes: number) => void) | undefined;
}

/** Makes one attempt. Any HTTP status is a reply; everything else that can go wrong is a `NetworkError`. */
export type Transport = (
  endpoint: Endpoint,
  body: RequestBody,
  options: TransportOptions,
) => Promise<HttpReply>;

/** Posts a body over node:http(s): Node's `fetch` takes twice as long to load as everything else here together. */
export const post: Transport = async (endpoint, body, options) => {
  const { url } = endpoint;
  const { signal, proxy } = options;
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest;
  const tunnel = new AbortController();
  const agent =
    options.agent ??
    (proxy === undefined ? false : await createProxyAgent(proxy, url, { signal: tunnel.signal }));
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });

  return new Promise<HttpReply>((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers: requestHeaders(endpoint, body) });
    const fail = (error: unknown) => {
      finish();
      outgoing.destroy();
      tunnel.abort();
      reject(explainNetworkFailure(error, url, proxy));
    };
    // A server may close a kept connection at the moment it is used again; that is no failure of this request.
    const lose = (error: Error) => {
      const isStale = outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      if (!isStale || isOver) return fail(error);
      finish();
      resolve(post(endpoint, body, options));
    };
    const abort = () => fail(new AbortedError('aborted', { cause: signal?.reason }));
    const timer = setTimeout(() => fail(timedOut(options.timeoutMs)), options.timeoutMs);
    let isOver = false;
    const finish = () => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort);

    let isAnswered = false;
    // A server may answer and hang up before the upload is over: its answer, when there is one, counts for more.
    outgoing.on('error', (error) => setImmediate(() => isAnswered || lose(error)));
    outgoing.on('response', (response) => {
      isAnswered = true;
      readBody(response).then((bytes) => {
        finish();
        // A kept connection can be used again once the request is sent to its end.
        if (options.agent === undefined || !outgoing.writableFinished) outgoing.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes });
      }, fail);
    });
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(changedProtocol());
    });
    upload(outgoing, body, options.onUpload).catch(fail);
  });
};

/** The headers of a request, key included. */
export function requestHeaders({ headers }: Endpoint, body: RequestBody): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(body.length),
    accept: 'application/json',
    'user-agent': `describe-image/${version}`,
    ...headers,
  };
}

/** Writes the body as fast as the network takes it, and stops where the server answers or hangs up first. */
async function upload(
  outgoing: ClientRequest,
  body: RequestBody,
  onUpload: TransportOptions['onUpload'],
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
    onUpload?.(sentBytes);
    if (!hasRoom && !isOver)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  if (!isOver) outgoing.end();
}

function changedProtocol(): NetworkError {
  return new NetworkError('the server changed to another protocol', {
    hint: 'Check `baseUrl`.',
    code: 'UPGRADE',
    retryable: false,
  });
}

function timedOut(timeoutMs: number): NetworkError {
  return new NetworkError(`no answer within ${timeoutMs / 1000} s`, {
    hint: 'Raise `timeoutMs`, or try again later.',
    code: 'TIMEOUT',
    retryable: true,
  });
}
