import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { NetworkError } from '../errors.ts';
import { isRetryable, ruleForStatus } from './retry-table.ts';

/**
 * Makes the agent that goes through a proxy: a CONNECT tunnel for https, so that the proxy sees neither key nor image.
 * Loaded when there is a proxy.
 *
 * @param proxy the proxy's URL, credentials included
 */
export async function createProxyAgent(proxy: string, url: URL, options: ProxyOptions): Promise<Agent> {
  if (url.protocol === 'https:') {
    return new (await import('https-proxy-agent')).HttpsProxyAgent(proxy, options);
  }
  return new (await import('http-proxy-agent')).HttpProxyAgent(proxy, options);
}

/** Creates an agent that keeps connections for the next request to the same host, through a proxy where there is one. */
export async function keepConnections(url: URL, proxy: string | undefined): Promise<Agent> {
  if (proxy !== undefined) return createProxyAgent(proxy, url, { keepAlive: true });
  const { Agent } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new Agent({ keepAlive: true });
}

interface ProxyOptions {
  /** Ends the connection to the proxy, which a request does not know of before the tunnel stands. */
  readonly signal?: AbortSignal;
  /** Keeps connections for the next request. */
  readonly keepAlive?: boolean;
}

/**
 * Hears what a proxy says in place of opening a tunnel. It comes without TLS, so that anybody on the way can have written it,
 * and is no answer of the server whatever its status. The request is over then; its own `response` event may still follow.
 *
 * @param refused told first, also where the agent is not one of ours
 */
export function guardTunnel(
  outgoing: ClientRequest,
  url: URL,
  proxy: string | undefined,
  refused: (failure: NetworkError) => void,
): void {
  // Emitted by agents of this family: https://github.com/TooTallNate/proxy-agents
  outgoing.on('proxyConnect', ({ statusCode }: { readonly statusCode?: number }) => {
    if (statusCode !== undefined && statusCode !== 200) refused(refusal(statusCode, url, proxy));
  });
  outgoing.on('response', ({ socket, statusCode = 0 }: IncomingMessage) => {
    const isPlain = url.protocol === 'https:' && !('encrypted' in socket);
    // With plain http the proxy speaks for the server; only this status is always its own.
    if (isPlain || (proxy !== undefined && statusCode === 407)) refused(refusal(statusCode, url, proxy));
  });
}

function refusal(status: number, url: URL, proxy: string | undefined): NetworkError {
  const name = proxy === undefined ? 'the proxy' : `the proxy ${new URL(proxy).host}`;
  const what = status === 407 ? 'requires a user name and password' : `refused to connect to ${url.host}`;
  return new NetworkError(`${name} ${what} (HTTP ${status})`, {
    hint:
      status === 407
        ? 'Add them to the URL of the proxy: HTTPS_PROXY=http://user:password@host:port'
        : 'Check the rules of the proxy, or add the host to NO_PROXY to bypass it.',
    code: 'PROXY',
    retryable: isRetryable(ruleForStatus(status)),
  });
}
