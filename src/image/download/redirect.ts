import { insecureRedirect, notWeb, nowhere } from './failure.ts';

/** Whether a status sends to another URL that can be asked for the same. See https://www.rfc-editor.org/rfc/rfc9110#section-15.4 */
export function isRedirect(status: number | undefined): boolean {
  return status !== undefined && [301, 302, 303, 307, 308].includes(status);
}

/**
 * The URL to ask next, without credentials and fragment; `from` is undefined for the first.
 * Throws an `ImageError` for a Location that is none, one that is not on the web, and one that gives up TLS.
 *
 * @param location as Node hands it over: one character for each byte
 */
export function nextUrl(location: string | undefined, from: URL | undefined): URL {
  // Servers write other than ASCII as it is; a URL has the bytes escaped.
  const escaped = location?.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  if (!escaped || !URL.canParse(escaped, from?.href)) throw nowhere();
  const url = new URL(escaped, from?.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notWeb(url);
  if (from?.protocol === 'https:' && url.protocol === 'http:') throw insecureRedirect(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}
