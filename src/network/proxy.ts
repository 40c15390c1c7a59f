import type { Agent } from 'node:http';

/**
 * Makes the agent that goes through a proxy: a CONNECT tunnel for https, so that the proxy sees neither key nor image.
 * Loaded when there is a proxy.
 *
 * @param proxy the proxy's URL, credentials included
 * @param signal ends the connection to the proxy, which a request does not know of before the tunnel stands
 */
export async function createProxyAgent(proxy: string, url: URL, signal: AbortSignal): Promise<Agent> {
  if (url.protocol === 'https:') {
    return new (await import('https-proxy-agent')).HttpsProxyAgent(proxy, { signal });
  }
  return new (await import('http-proxy-agent')).HttpProxyAgent(proxy, { signal });
}
