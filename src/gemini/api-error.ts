import { stripVTControlCharacters } from 'node:util';
import { ApiError, CredentialError } from '../errors.ts';
import type { HttpReply } from '../types.ts';
import { asArray, asObject, asText, type JsonObject, parseJson } from './json.ts';
import { hideKey } from './secret.ts';
import { serverWaitMs } from './server-wait.ts';

/** What the server said of a failure, whatever shape it said it in. */
interface ServerError {
  readonly status: number;
  readonly apiStatus: string | undefined;
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
  const error = readServerError(reply.status, text);
  const message = describeError(error, apiKey);
  if (isCredentialProblem(error)) {
    return new CredentialError(message, {
      hint: 'Check the key and what it may be used for: https://aistudio.google.com/apikey',
      status: error.status,
    });
  }
  const waitMs = serverWaitMs(error.details, reply.headers);
  return new ApiError(message, {
    hint: advice(error, waitMs),
    status: error.status,
    apiStatus: error.apiStatus,
    retryAfterMs: waitMs,
    retryable: isRetryable(error),
  });
}

/** The documented form, an array around it, `{"error":"text"}`, HTML, plain text, or nothing at all. */
function readServerError(status: number, text: string): ServerError {
  const parsed = parseJson(text);
  const outer = asObject(Array.isArray(parsed) ? parsed[0] : parsed);
  const error = asObject(outer.error);
  return {
    // A failure that comes with HTTP 200 carries its status inside.
    status: status === 200 && typeof error.code === 'number' ? error.code : status,
    apiStatus: asText(error.status),
    message: asText(error.message) ?? asText(outer.error) ?? asText(outer.message) ?? readPage(text, parsed),
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

const longestMessage = 300;

function describeError({ status, apiStatus, message }: ServerError, apiKey: string | undefined): string {
  // The key goes before the text is cut, which could leave most of it, and after what could hide it.
  const said = shorten(
    hideKey(
      stripVTControlCharacters(message)
        .replace(/[\s\p{Cc}]+/gu, ' ')
        .trim(),
      apiKey,
    ),
  );
  const what = whatHappened[status] ?? (status >= 500 ? 'the server failed' : 'the API refused the request');
  return `${what} (HTTP ${status}${apiStatus ? ` ${apiStatus}` : ''})${said ? `: ${said}` : ''}`;
}

function shorten(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}

const whatHappened: Readonly<Record<number, string>> = {
  401: 'the API refused the key',
  402: 'the prepaid credit is used up',
  403: 'the API refused the key',
  404: 'the API knows no such model or path',
  407: 'the proxy wants a user name and password',
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

function advice(error: ServerError, waitMs: number | undefined): string {
  switch (error.status) {
    case 400:
      return adviceOnRequest(error);
    case 402:
      return 'Add credit to the account of this key.';
    case 404:
      return 'Check `model`, `baseUrl` and `apiVersion`.';
    case 407:
      return 'Put them into the URL of the proxy: HTTPS_PROXY=http://user:password@host:port';
    case 413:
      return sendSmaller;
    case 429:
      return adviceOnLimit(error, waitMs);
    default:
      return error.status >= 500 ? 'Try again later.' : 'Check `baseUrl`.';
  }
}

const sendSmaller = 'Send a smaller image.';

/** An HTTP 400 has many causes, and mostly its message alone tells them apart. */
function adviceOnRequest({ apiStatus, message }: ServerError): string {
  if (apiStatus === 'FAILED_PRECONDITION') return 'Check the region and the billing of the account.';
  if (/size exceeds|too large/i.test(message)) return sendSmaller;
  if (/process input image/i.test(message))
    return 'The image may be damaged: open it, save it again, and send that.';
  return 'Look at the message, and at what was sent.';
}

function adviceOnLimit(error: ServerError, waitMs: number | undefined): string {
  if (isDailyQuota(error)) {
    return 'The daily quota starts anew at midnight Pacific time (07:00 or 08:00 UTC); another model or key has a quota of its own.';
  }
  if (waitMs === undefined) return 'Wait a minute, or raise `retries`.';
  return `The server asks to wait ${Math.ceil(waitMs / 1000)} s; \`maxWaitMs\` and \`retries\` say how long to go on.`;
}

/** The host that a redirect names; undefined where the reply is none. */
function redirectHost({ status, headers }: HttpReply): string | undefined {
  if (status < 300 || status > 399) return undefined;
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
