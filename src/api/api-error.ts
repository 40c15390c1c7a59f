import { ApiError, CredentialError, option, say } from '../errors.ts';
import type { HttpReply } from '../http/exchange.ts';
import { adviceOnWait, isRetryable } from '../http/retry-table.ts';
import { type ApiRule, ruleFor, type ServerError } from './api-rules.ts';
import { asArray, asObject, asText, parseJson } from './json.ts';
import { redactStart, repeatable } from './redact.ts';
import { serverWaitMs } from './server-wait.ts';

/**
 * Turns an error reply into a `CredentialError` or an `ApiError`.
 *
 * @param text the body of the reply
 * @param apiKey is not repeated
 */
export function readApiError(reply: HttpReply, text: string, apiKey?: string): ApiError | CredentialError {
  const location = redirectHost(reply);
  if (location !== undefined) return redirected(reply.status, repeatable(location, apiKey));
  const error = readServerError(reply.status, text, apiKey);
  const rule = ruleFor(error);
  const message = describeError(error, rule, apiKey);
  if (rule.isCredential) return new CredentialError(message, { hint: rule.hint, status: error.status });
  const waitMs = serverWaitMs(error, reply.headers, Date.now());
  const retryable = isRetryable(rule);
  return new ApiError(message, {
    hint: waitMs !== undefined && retryable ? adviceOnWait(waitMs) : rule.hint,
    status: error.status,
    apiStatus: error.apiStatus,
    retryAfterMs: waitMs,
    retryable,
    concernsAll: rule.action === 'halt',
    isTooLarge: rule.isTooLarge ?? false,
  });
}

/** The documented form, an array around it, `{"error":"text"}`, HTML, plain text, or nothing at all. */
function readServerError(status: number, text: string, apiKey: string | undefined): ServerError {
  const parsed = parseJson(text);
  const outer = asObject(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = asObject(outer.error);
  const said = asText(error.message) ?? asText(outer.error) ?? asText(outer.message);
  return {
    // A failure that comes with HTTP 200 carries its status inside.
    status: status === 200 && typeof error.code === 'number' ? error.code : status,
    apiStatus: repeatable(asText(error.status) ?? '', apiKey) || undefined,
    message: bothEnds(said ?? readPage(redactStart(parsed === undefined ? text : '', apiKey)), apiKey),
    details: asArray(error.details).map(asObject),
    names: [error.code, error.type, error.status].flatMap((name) => asText(name)?.slice(0, 100) ?? []),
    isPage: parsed === undefined && /^\s{0,100}</.test(text),
  };
}

/** A text without its middle, where it is long: what kind of failure it is stands at its start or its end. */
function bothEnds(text: string, apiKey: string | undefined): string {
  const endLength = 8 * 1024;
  if (text.length <= 2 * endLength) return text;
  // The key must not be cut in two.
  return `${redactStart(text, apiKey).slice(0, endLength)}\n${text.slice(-endLength)}`;
}

/** What a page says: its title where it has one, else its text without tags. JSON of another shape says nothing. */
function readPage(page: string): string {
  return (
    titleOf(page) ??
    withoutCode(page)
      .replace(withinWords, '')
      .replace(/<[^<>]*>/g, ' ')
  );
}

/** Tags that may stand within a word, as the key is one: a page can mark a part of it, or let a line break in it. */
const withinWords = /<\/?(?:wbr|a|b|code|em|i|mark|span|strong|u)\b[^<>]*>/gi;

function titleOf(page: string): string | undefined {
  const start = page.search(/<title/i);
  const open = start < 0 ? -1 : page.indexOf('>', start);
  const close = open < 0 ? -1 : page.indexOf('<', open);
  return close >= 0 && /^<\/title/i.test(page.slice(close, close + 7))
    ? page.slice(open + 1, close)
    : undefined;
}

/** Nothing that follows what is not closed is shown by a browser either. */
function withoutCode(page: string): string {
  let text = '';
  let from = 0;
  for (const { index, 1: name } of page.matchAll(/<(script|style)/gi)) {
    if (index < from) continue;
    text += `${page.slice(from, index)} `;
    const closing = new RegExp(`</${name}`, 'gi');
    closing.lastIndex = index;
    if (closing.exec(page) === null) return text;
    from = page.indexOf('>', closing.lastIndex) + 1 || page.length;
  }
  return text + page.slice(from);
}

function describeError(
  { status, apiStatus, message }: ServerError,
  { what }: ApiRule,
  apiKey: string | undefined,
): string {
  const said = repeatable(message, apiKey);
  return `${what} (HTTP ${status}${apiStatus ? ` ${apiStatus}` : ''})${said ? `: ${said}` : ''}`;
}

/** The host that a redirect names; undefined where the reply is none. */
function redirectHost({ status, headers }: HttpReply): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = String(headers.location ?? '');
  return URL.canParse(location) ? new URL(location).host : 'another path';
}

/** A redirect is not followed: the key would go along, to whoever was named. */
function redirected(status: number, host: string): ApiError {
  return new ApiError(`the server points to ${host} instead of answering (HTTP ${status})`, {
    hint: say`The key is not sent after a redirect; set ${option('baseUrl')} to where the API is.`,
    status,
    retryable: false,
    concernsAll: true,
  });
}
