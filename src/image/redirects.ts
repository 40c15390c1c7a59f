import { ImageError } from '../errors.ts';
import { addressOf, isSpecialAddress } from '../http/private-address.ts';
import {
  notFollowed,
  openIt,
  privateHost,
  type Response,
  requestImage,
  untilAborted,
} from './download-request.ts';

/** As browsers have it, but fewer: https://fetch.spec.whatwg.org/#http-redirect-fetch */
const maxRedirects = 5;

/**
 * Asks for a URL and follows redirects, to the first response that is none. The origin that a person typed gets the user name and
 * password in the URL, and may be private; a redirect back to it leads there only where the first request did, so that no name
 * that changes its address in between is followed into a private network. Any other origin has to be public.
 * Throws an `ImageError` or a `NetworkError`.
 */
export async function followRedirects(
  typed: URL,
  proxyFor: ((url: URL) => Promise<string | undefined>) | undefined,
  signal: AbortSignal,
): Promise<Response> {
  signal.throwIfAborted();
  if (!/^https?:$/.test(typed.protocol))
    throw new ImageError(`${typed.protocol.slice(0, 20)} is not http: or https:`, { hint: openIt });
  const credentials = credentialsOf(typed);
  let url = withoutCredentials(typed);
  let isTypedPrivate = true;
  for (let redirects = 0; ; redirects += 1) {
    const isTyped = url.origin === typed.origin;
    const proxy = proxyFor && (await untilAborted(proxyFor(url), signal));
    const response = await requestImage(
      { url, proxy, credentials: isTyped ? credentials : undefined, mayBePrivate: isTyped && isTypedPrivate },
      signal,
    );
    // A proxy looks names up by itself, and does not tell what it finds.
    if (redirects === 0) isTypedPrivate = proxy !== undefined || isPrivateAddress(response.remoteAddress);
    const location = redirectOf(response);
    if (location === undefined) return response;
    if (redirects === maxRedirects)
      throw new ImageError(`more than ${maxRedirects} redirects`, { hint: openIt });
    response.close();
    url = nextUrl(url, location, typed);
  }
}

function isPrivateAddress(address: string | undefined): boolean {
  return address !== undefined && isSpecialAddress(address);
}

/** See https://www.rfc-editor.org/rfc/rfc9110#section-15.4 */
function redirectOf({ message: { statusCode = 0, headers } }: Response): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined;
}

/** User name and password in a URL, as they were before they were encoded for it. */
function credentialsOf({ username, password }: URL): string | undefined {
  return username === '' && password === '' ? undefined : `${decode(username)}:${decode(password)}`;
}

/** Who types a percent sign in a password seldom types %25. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

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
  if (!URL.canParse(escaped, from.href)) throw notFollowed('to an invalid URL');
  const to = withoutCredentials(new URL(escaped, from.href));
  if (!/^https?:$/.test(to.protocol)) throw notFollowed(`to ${to.protocol.slice(0, 20)}`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw notFollowed('from https to http');
  if (to.origin !== typed.origin && isPrivate(to)) throw privateHost(to);
  return to;
}

function withoutCredentials(url: URL): URL {
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
