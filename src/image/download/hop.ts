import type { IncomingMessage } from 'node:http';
import { checkedLookup, SpecialAddressError } from '../../network/checked-lookup.ts';
import { createProxyAgent } from '../../network/proxy.ts';
import { addressOf } from '../../network/special-address.ts';
import { privateHost } from './redirect.ts';

/**
 * Makes one request and resolves once the head of the reply is here. A host that no person typed is connected to only at a
 * public address.
 *
 * @param typed the URL that a person typed
 */
export async function request(
  url: URL,
  typed: URL,
  proxyFor: ((url: URL) => Promise<string | undefined>) | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const isTyped = url.origin === typed.origin;
  const proxy = await proxyFor?.(url);
  const node = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const agent = proxy === undefined ? false : await createProxyAgent(proxy, url, { signal });
  if (proxy !== undefined && !isTyped) await lookUpBeforehand(url);
  return new Promise((resolve, reject) => {
    const options = { agent, headers, signal, ...(isTyped || proxy ? {} : { lookup: checkedLookup }) };
    node
      .get(withoutFragment(url), options, resolve)
      .on('error', (error) => reject(error instanceof SpecialAddressError ? privateHost(url) : error));
  });
}

const headers = {
  accept: 'image/*, */*;q=0.5',
  'accept-encoding': 'identity',
  'user-agent': 'describe-image',
};

/** A proxy looks names up by itself; what this machine knows of them is a good guess. */
function lookUpBeforehand(url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    checkedLookup(addressOf(url.hostname) ?? url.hostname, {}, (error) => {
      if (error instanceof SpecialAddressError) reject(privateHost(url));
      else resolve();
    });
  });
}

function withoutFragment(url: URL): URL {
  const copy = new URL(url);
  copy.hash = '';
  return copy;
}
