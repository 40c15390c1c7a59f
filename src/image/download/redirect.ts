import { ImageError } from '../../errors.ts';
import { addressOf, isSpecialAddress } from '../../http/private-address.ts';

/**
 * Where a redirect leads, without user name, password and fragment. Throws an `ImageError` where it is not followed: to
 * nowhere, to another scheme than http and https, from https to http, or to a private host that nobody typed.
 *
 * @param location as Node hands it over: a character for each byte
 */
export function nextUrl(from: URL, location: string, typed: URL): URL {
  // What is not ASCII is sent as it is by some servers, and means the same escaped.
  const escaped = location.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (!URL.canParse(escaped, from.href)) throw refused('to an invalid URL');
  const to = withoutCredentials(new URL(escaped, from.href));
  if (!/^https?:$/.test(to.protocol)) throw refused(`to ${to.protocol.slice(0, 20)}`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refused('from https to http');
  if (to.origin !== typed.origin && isPrivate(to)) throw privateHost(to);
  return to;
}

export function withoutCredentials(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy;
}

/** What can be said of a host without looking its name up. */
function isPrivate({ hostname }: URL): boolean {
  const address = addressOf(hostname);
  return address === undefined ? isLocalName(hostname) : isSpecialAddress(address);
}

/**
 * Whether a name means something on this machine or in the local network alone.
 * See https://www.iana.org/assignments/special-use-domain-names; ICANN keeps `internal` for the same.
 */
function isLocalName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return !name.includes('.') || /\.(?:localhost|local|internal|home\.arpa)$/.test(name);
}

/** A server that points into somebody's own network may be after what only they can reach. */
export function privateHost({ host }: URL): ImageError {
  return refused(`to ${host.slice(0, 100)}, which is on a private network`);
}

function refused(where: string): ImageError {
  return new ImageError(`a redirect ${where} is not followed`, {
    hint: 'Use the URL of the image itself, if you trust it.',
  });
}
