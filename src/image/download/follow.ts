import type { Answer } from './exchange.ts';
import { get } from './exchange.ts';
import { tooManyRedirects } from './failure.ts';
import { untilAborted } from './lifetime.ts';
import { checkPublic, lookupPublic } from './public-only.ts';
import { isRedirect, nextUrl } from './redirect.ts';

const mostRedirects = 5;

/**
 * Asks for a URL and follows redirects, to the first answer that is none. The origin that a person typed may be private and
 * gets the credentials in the URL; any other has to be public and gets none. Throws an `ImageError` or a `NetworkError`.
 */
export async function follow(
  typed: URL,
  proxyFor: ((url: URL) => Promise<string | undefined>) | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const credentials = credentialsOf(typed);
  let url = nextUrl(typed.href, undefined);
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const isTyped = url.origin === typed.origin;
    const proxy = proxyFor && (await untilAborted(proxyFor(url), signal));
    if (!isTyped) await untilAborted(checkPublic(url, proxy), signal);
    const answer = await get(
      isTyped ? { url, proxy, credentials } : { url, proxy, lookup: lookupPublic },
      signal,
    );
    const { statusCode, headers } = answer.response;
    if (!isRedirect(statusCode)) return answer;
    answer.close();
    url = nextUrl(headers.location, url);
  }
  throw tooManyRedirects(mostRedirects);
}

/** User name and password in a URL, as they are before they are encoded for it. */
function credentialsOf({ username, password }: URL): string | undefined {
  return username === '' && password === '' ? undefined : `${decode(username)}:${decode(password)}`;
}

/** Who types a percent sign in a password seldom writes %25. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
