import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { isSpecialAddress } from '../../network/special-address.ts';
import { notPublic } from './failure.ts';

/**
 * Throws an `ImageError` for a URL whose host is known not to be public before anybody connects to it: by its address, for
 * which there is no lookup, by its name, or by what its name means here where a proxy will look it up.
 */
export async function checkPublic(url: URL, proxy: string | undefined): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) ? isSpecialAddress(host) : isLocalName(host)) throw notPublic(url.host);
  if (proxy === undefined || isIP(host)) return;
  // Where only the proxy can look names up, only the proxy can refuse.
  const addresses = await promisify(lookup)(host, { all: true }).catch(() => []);
  if (addresses.some(({ address }) => isSpecialAddress(address))) throw notPublic(url.host);
}

/**
 * Looks a name up for a connection, and fails with an `ImageError` unless every address of it is public. Checked here, the
 * address cannot change before it is connected to.
 */
export const lookupPublic: LookupFunction = (host, options, callback) => {
  lookup(host, options, (error, found, family) => {
    const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
    callback(
      error ?? (addresses.every((one) => !isSpecialAddress(one)) ? null : notPublic(host)),
      found,
      family,
    );
  });
};

/**
 * Whether a name is for this machine or the local network alone.
 * See https://www.iana.org/assignments/special-use-domain-names; `internal` is ICANN's.
 */
function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return !name.includes('.') || /\.(localhost|local|internal|home\.arpa)$/.test(name);
}
