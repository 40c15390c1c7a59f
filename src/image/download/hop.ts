import type { IncomingMessage } from 'node:http';
import { explainNetworkFailure } from '../../http/failure.ts';
import { checkedLookup, SpecialAddressError } from '../../http/private-address.ts';
import { createProxyAgent, guardTunnel } from '../../http/proxy.ts';
import { explainStatus } from './explain-status.ts';
import { moreThanAnnounced } from './failure.ts';
import { untilAborted } from './lifetime.ts';
import { privateHost } from './redirect.ts';

/** One request, and how it gets there. */
export interface Hop {
  /** Without user name and password. */
  readonly url: URL;
  readonly proxy: string | undefined;
  /** User name and password, with a colon between them. */
  readonly credentials: string | undefined;
  /** Whether a private address is connected to. */
  readonly mayBePrivate: boolean;
}

/** The head of an answer, whose body is not read yet. */
export interface Answer {
  readonly response: IncomingMessage;
  /** Turns what Node throws while the body is read into a `NetworkError`. */
  readonly explain: (error: unknown) => unknown;
  readonly close: () => void;
  /** Where the connection goes, be it the server or a proxy. */
  readonly remoteAddress: string | undefined;
}

/** Makes one GET request and resolves once the head of the answer is here. The signal closes the connection at any time. */
export async function request(hop: Hop, signal: AbortSignal): Promise<Answer> {
  const { url, proxy, credentials, mayBePrivate } = hop;
  const isTls = url.protocol === 'https:';
  if (proxy !== undefined && !mayBePrivate) await untilAborted(lookUpBeforehand(url), signal);
  const node = await (isTls ? import('node:https') : import('node:http'));
  const agent = proxy === undefined ? false : await createProxyAgent(proxy, url, { signal });
  signal.throwIfAborted();
  const explain = (error: unknown) =>
    error instanceof SpecialAddressError
      ? privateHost(url)
      : explainNetworkFailure(error, url, proxy, 'the address');

  return new Promise<Answer>((resolve, reject) => {
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
      resolve({ response, explain, close, remoteAddress });
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
