import type { Agent } from 'node:http';

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

interface ProxyOptions {
  /** Ends the connection to the proxy, which a request does not know of before the tunnel stands. */
  readonly signal?: AbortSignal;
  /** Keeps connections for the next request. */
  readonly keepAlive?: boolean;
}
