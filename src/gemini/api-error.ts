import { ApiError, CredentialError } from '../errors.ts';
import type { HttpReply } from '../types.ts';
import { adviceOn, adviceOnWait, isTooLarge } from './api-advice.ts';
import { asArray, asObject, asText, type JsonObject, parseJson } from './json.ts';
import { hideKey } from './secret.ts';
import { repeatable } from './server-text.ts';
import { serverWaitMs } from './server-wait.ts';

/** What the server said of a failure, whatever shape it said it in. */
interface ServerError {
  readonly status: number;
  readonly apiStatus: string | undefined;
  /** In full, as its end can tell what kind of failure it is; not fit to be repeated. */
  readonly message: string;
  readonly details: readonly JsonObject[];
}

/**
 * Turns an error reply into a `CredentialError` or an `ApiError`.
 *
 * @param text the body of the reply
 * @param apiKey is not repeated
 */
export function readApiError(reply: HttpReply, text: string, apiKey?: string): ApiError | CredentialError {
  const location = redirectHost(reply);
  if (location !== undefined) return redirected(reply.status, hideKey(location, apiKey));
  const error = readServerError(reply.status, text, apiKey);
  const message = describeError(error, apiKey);
  if (isCredentialProblem(error)) {
    return new CredentialError(message, {
      hint: 'Check the key and what it may be used for: https://aistudio.google.com/apikey',
      status: error.status,
    });
  }
  const waitMs = serverWaitMs(error.details, reply.headers);
  const retryable = isRetryable(error);
  return new ApiError(message, {
    hint:
      waitMs !== undefined && retryable
        ? adviceOnWait(waitMs)
        : adviceOn({ ...error, isDaily: isDailyQuota(error) }),
    status: error.status,
    apiStatus: error.apiStatus,
    retryAfterMs: waitMs,
    retryable,
    isTooLarge: isTooLarge(error),
  });
}

/** The documented form, an array around it, `{"error":"text"}`, HTML, plain text, or nothing at all. */
function readServerError(status: number, text: string, apiKey: string | undefined): ServerError {
  const parsed = parseJson(text);
  const outer = asObject(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = asObject(outer.error);
  const message =
    asText(error.message) ?? asText(outer.error) ?? asText(outer.message) ?? readPage(text, parsed);
  return {
    // A failure that comes with HTTP 200 carries its status inside.
    status: status === 200 && typeof error.code === 'number' ? error.code : status,
    apiStatus: repeatable(asText(error.status) ?? '', apiKey) || undefined,
    message,
    details: asArray(error.details).map(asObject),
  };
}

/** What a page says: its title where it has one, else its text without tags. JSON of another shape says nothing. */
function readPage(text: string, parsed: unknown): string {
  if (parsed !== undefined) return '';
  const page = text.slice(0, 8 * 1024);
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(page)?.[1];
  return title ?? page.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
}

function describeError({ status, apiStatus, message }: ServerError, apiKey: string | undefined): string {
  const said = repeatable(message, apiKey);
  const what = whatHappened[status] ?? (status >= 500 ? 'the server failed' : 'the API refused the request');
  return `${what} (HTTP ${status}${apiStatus ? ` ${apiStatus}` : ''})${said ? `: ${said}` : ''}`;
}

const whatHappened: Readonly<Record<number, string>> = {
  401: 'the API refused the key',
  402: 'the prepaid credit is used up',
  403: 'the API refused the key',
  404: 'the API knows no such model or path',
  407: 'the proxy wants a user name and password',
  408: 'the server waited too long for the request',
  413: 'the request is too large for the server',
  429: 'the rate limit or quota is used up',
};

/** A bad key is an HTTP 400 with a reason of its own: https://ai.google.dev/gemini-api/docs/troubleshooting */
function isCredentialProblem({ status, details }: ServerError): boolean {
  return (
    status === 401 ||
    status === 403 ||
    (status === 400 && details.some(({ reason }) => reason === 'API_KEY_INVALID'))
  );
}

/** Which failures pass: https://ai.google.dev/gemini-api/docs/troubleshooting#error-codes */
function isRetryable(error: ServerError): boolean {
  return [408, 500, 502, 503, 504].includes(error.status) || (error.status === 429 && !isDailyQuota(error));
}

/** A quota that comes back at midnight, not in a minute. */
function isDailyQuota({ message, details }: ServerError): boolean {
  const violations = details.flatMap((detail) => asArray(detail.violations).map(asObject));
  const isDaily = violations.some(({ quotaId }) => /PerDay|Daily/.test(asText(quotaId) ?? ''));
  return isDaily || /\blimit: 0\b/.test(message);
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
    hint: 'The key is not sent after a redirect; set `baseUrl` to where the API is.',
    status,
    retryable: false,
  });
}
