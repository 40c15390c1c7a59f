import { ImageError } from '../../errors.ts';
import { addressOf, isSpecialAddress } from '../../network/special-address.ts';

/**
 * Where a redirect leads. Throws an `ImageError` where it is not followed: to nowhere, to another scheme than http and
 * https, from https to http, or to a private address that nobody typed.
 */
export function nextUrl(from: URL, location: string, typed: URL): URL {
  if (!URL.canParse(location, from.href)) throw refused('to no valid address');
  const to = new URL(location, from.href);
  if (!/^https?:$/.test(to.protocol)) throw refused(`to ${to.protocol.slice(0, 20)}`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refused('from https to http');
  const address = addressOf(to.hostname);
  if (to.origin !== typed.origin && address !== undefined && isSpecialAddress(address)) throw privateHost(to);
  return to;
}

/** A server that points into somebody's own network may be after what only they can reach. */
export function privateHost({ host }: URL): ImageError {
  return refused(`to ${host.slice(0, 100)}, which is on a private network`);
}

function refused(where: string): ImageError {
  return new ImageError(`a redirect ${where} is not followed`, {
    hint: 'Name the address of the image itself, if you trust it.',
  });
}
