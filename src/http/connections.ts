import type { Agent } from 'node:http';
import { createProxyAgent } from './proxy.ts';

/** Makes an agent that keeps connections for the next request to the same host, through a proxy where there is one. */
export async function keepConnections(url: URL, proxy: string | undefined): Promise<Agent> {
  if (proxy !== undefined) return createProxyAgent(proxy, url, { keepAlive: true });
  const { Agent } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new Agent({ keepAlive: true });
}
