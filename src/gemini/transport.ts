import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { AbortedError, NetworkError } from '../errors.ts';
import type { HttpReply } from '../types.ts';
import { version } from '../version.ts';
import type { RequestBody } from './body.ts';
import type { Endpoint } from './endpoint.ts';
import { explainNetworkFailure } from './network-failure.ts';

export interface TransportOptions {
  /** Bound on the whole attempt, in milliseconds. */
  readonly timeoutMs: number;
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

/** An answer larger than this is none of this API's. */
const mostReplyBytes = 64 * 1024 * 1024;

/** Posts a body over node:http(s): Node's `fetch` takes twice as long to load as everything else here together. */
export const post: Transport = async (endpoint, body, options) => {
  const { url } = endpoint;
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest;
  const { signal } = options;
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });

  return new Promise<HttpReply>((resolve, reject) => {
    const outgoing = request(endpoint.url, {
      method: 'POST',
      agent: false,
      headers: requestHeaders(endpoint, body),
    });
    const fail = (error: unknown) => {
      finish();
      outgoing.destroy();
      reject(error);
    };
    const abort = () => fail(new AbortedError('aborted', { cause: signal?.reason }));
    const timer = setTimeout(() => fail(timedOut(options.timeoutMs)), options.timeoutMs);
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort);

    outgoing.on('error', (error) => fail(explainNetworkFailure(error, url)));
    outgoing.on('response', (response) => {
      // What fails after the server began to speak is about its answer, no longer about the upload.
      outgoing.removeAllListeners('error').on('error', () => undefined);
      readBody(response).then(
        (bytes) => {
          finish();
          outgoing.destroy();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes });
        },
        (error) => fail(explainNetworkFailure(error, url)),
      );
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
  outgoing
    .once('response', stop)
    .once('close', stop)
    .on('drain', () => wake());
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

/** Reads by events: an async iterator takes a millisecond more to set up. */
function readBody(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostReplyBytes) reject(tooLarge());
    });
    response.on('end', () => resolve(Buffer.concat(chunks)));
    response.on('error', reject);
  });
}

function tooLarge(): NetworkError {
  return new NetworkError('the answer is larger than 64 MiB', {
    hint: 'Check --base-url: no answer of this API is that large.',
    code: 'TOO_LARGE',
    retryable: false,
  });
}

function timedOut(timeoutMs: number): NetworkError {
  return new NetworkError(`no answer within ${timeoutMs / 1000} s`, {
    hint: 'Raise --timeout, or try again later.',
    code: 'TIMEOUT',
    retryable: true,
  });
}
