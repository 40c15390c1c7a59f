import { isSpecialAddress } from '../../http/private-address.ts';
import { notWeb, tooManyRedirects } from './failure.ts';
import { type Answer, request } from './hop.ts';
import { untilAborted } from './lifetime.ts';
import { nextUrl, withoutCredentials } from './redirect.ts';

/** As browsers have it, but fewer: https://fetch.spec.whatwg.org/#http-redirect-fetch */
const mostRedirects = 5;

/**
 * Asks for a URL and follows redirects, to the first answer that is none. The origin that a person typed gets the user name and
 * password in the URL, and may be private; a redirect back to it leads there only where the first request did, so that no name
 * that changes its address in between is followed into a private network. Any other origin has to be public.
 * Throws an `ImageError` or a `NetworkError`.
 */
export async function follow(
  typed: URL,
  proxyFor: ((url: URL) => Promise<string | undefined>) | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  if (!/^https?:$/.test(typed.protocol)) throw notWeb(typed);
  const credentials = credentialsOf(typed);
  let url = withoutCredentials(typed);
  let isTypedPrivate = true;
  for (let redirects = 0; ; redirects += 1) {
    const isTyped = url.origin === typed.origin;
    const proxy = proxyFor && (await untilAborted(proxyFor(url), signal));
    const answer = await request(
      { url, proxy, credentials: isTyped ? credentials : undefined, mayBePrivate: isTyped && isTypedPrivate },
      signal,
    );
    // A proxy looks names up by itself, and does not tell what it finds.
    if (redirects === 0) isTypedPrivate = proxy !== undefined || isPrivateAddress(answer.remoteAddress);
    const location = redirectOf(answer);
    if (location === undefined) return answer;
    if (redirects === mostRedirects) throw tooManyRedirects(mostRedirects);
    answer.close();
    url = nextUrl(url, location, typed);
  }
}

function isPrivateAddress(address: string | undefined): boolean {
  return address !== undefined && isSpecialAddress(address);
}

/** See https://www.rfc-editor.org/rfc/rfc9110#section-15.4 */
function redirectOf({ response: { statusCode = 0, headers } }: Answer): string | undefined {
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
