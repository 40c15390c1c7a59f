import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { explainNetworkFailure } from '../../network/failure.ts';
import { createProxyAgent } from '../../network/proxy.ts';
import { proxyRefused, statusFailure } from './failure.ts';

/** One request: a URL without credentials, and how to get there. */
export interface Hop {
  readonly url: URL;
  readonly proxy: string | undefined;
  /** User name and password, with a colon between them. */
  readonly credentials?: string | undefined;
  /** What looks names up for a connection without a proxy; the system's way unless given. */
  readonly lookup?: LookupFunction;
}

/** The head of an answer; its body is not read yet. */
export interface Answer {
  readonly response: IncomingMessage;
  /** Turns what Node throws while the body is read into a `NetworkError`. */
  readonly explain: (error: unknown) => unknown;
  readonly close: () => void;
}

/** Makes one GET request, and resolves with the head of the answer. The connection ends when the signal is raised. */
export async function get({ url, proxy, credentials, lookup }: Hop, signal: AbortSignal): Promise<Answer> {
  const isTls = url.protocol === 'https:';
  const { request } = await (isTls ? import('node:https') : import('node:http'));
  const agent = proxy === undefined ? false : await createProxyAgent(proxy, url, signal);
  signal.throwIfAborted();
  const explain = (error: unknown) => explainNetworkFailure(error, url, proxy, 'the URL');

  return new Promise<Answer>((resolve, reject) => {
    // The agent of an http proxy would take a path that begins with two slashes for another host.
    const path = proxy !== undefined && !isTls ? { path: url.href } : {};
    const outgoing = request(url, { ...path, agent, headers, auth: credentials, lookup });
    let response: IncomingMessage | undefined;
    const close = () => outgoing.destroy();
    const abort = () => {
      close();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort);
    outgoing.on('close', () => signal.removeEventListener('abort', abort));
    outgoing.on('error', (error) => {
      reject(explain(error));
      response?.destroy(error);
    });
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(statusFailure(101));
    });
    outgoing.on('response', (incoming) => {
      // Whoever reads the body hears of it; until then, somebody has to.
      response = incoming.on('error', () => undefined);
      // What a proxy says instead of opening a tunnel is not the server's word, and came without TLS.
      if (isTls && !('encrypted' in incoming.socket)) reject(proxyRefused(incoming.statusCode ?? 0));
      else resolve({ response, explain, close });
    });
    outgoing.end();
  });
}

const headers = {
  accept: 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/*;q=0.8,*/*;q=0.5',
  'accept-encoding': 'identity',
  'user-agent': 'describe-image',
};
