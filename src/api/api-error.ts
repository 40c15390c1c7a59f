import { ApiError, CredentialError, NoAnswerError } from '../errors.ts';
import type { HttpReply } from '../http/exchange.ts';
import { adviceOnWait, isRetryable } from '../http/retry-table.ts';
import { isBlank } from '../printable.ts';
import { type Answer, endingOf } from '../result.ts';
import { option, say } from '../sentence.ts';
import { type ApiRule, ruleFor, type ServerError, serverWaitMs } from './api-rules.ts';
import { asArray, asObject, asText, type JsonObject, parseJson, partsOf } from './json.ts';
import { readFact, redactStart, repeatable } from './redact.ts';

/**
 * Says why a reply is no answer.
 *
 * @param text the body of the reply
 * @param parsed what the body says as JSON, of a reply whose status is a good one; undefined where it is none
 * @param apiKey is not repeated
 */
export function readFailure(
  reply: HttpReply,
  text: string,
  parsed: unknown,
  apiKey?: string,
): ApiError | CredentialError {
  const isError = reply.status < 200 || reply.status > 299 || (asObject(parsed).error ?? null) !== null;
  return isError ? readApiError(reply, text, apiKey) : notAnAnswer(reply, parsed);
}

function readApiError(reply: HttpReply, text: string, apiKey?: string): ApiError | CredentialError {
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
  return new ApiError(`the server redirects to ${host} (HTTP ${status})`, {
    hint: say`The key is not sent after a redirect; set ${option('baseUrl')} to the URL of the API.`,
    status,
    retryable: false,
    concernsAll: true,
  });
}

function notAnAnswer({ status, body }: HttpReply, parsed: unknown): ApiError {
  const what =
    body.length === 0
      ? 'nothing'
      : parsed === undefined
        ? 'something that is not JSON'
        : 'JSON that is not a response of this API';
  return new ApiError(`the server answered with ${what} (HTTP ${status})`, {
    hint: say`Check ${option('baseUrl')}, and whether a proxy or login page intercepts the request.`,
    status,
    // A body that is cut off or missing can be whole the next time; another kind of JSON stays another kind.
    retryable: parsed === undefined,
  });
}

/** Why an HTTP 200 has no usable text: https://ai.google.dev/api/generate-content#FinishReason */
export function explainNoAnswer(
  response: JsonObject,
  candidate: JsonObject,
  { text, usage }: Pick<Answer, 'text' | 'usage'>,
  apiKey: string | undefined,
): NoAnswerError {
  const blockReason = readFact(asObject(response.promptFeedback).blockReason, apiKey);
  const finishReason = readFact(candidate.finishReason, apiKey);
  const ending = endingOf(candidate.finishReason);
  const partialText = isBlank(text) ? undefined : text;
  if (blockReason !== undefined) {
    return new NoAnswerError(`the API blocked the prompt or the image (${blockReason})`, {
      hint: 'Change the prompt or use another image; the same request will be blocked again.',
      reason: blockReason,
      partialText,
      retryable: false,
    });
  }
  if (ending === 'cutOff') {
    const thoughts = usage?.thoughtsTokenCount
      ? `${usage.thoughtsTokenCount} tokens of thinking`
      : 'thinking';
    return new NoAnswerError(`no text: ${thoughts} used the whole token budget (MAX_TOKENS)`, {
      hint: say`Raise ${option('maxOutputTokens')}, or limit thinking with ${option('thinkingBudget')} or ${option('thinkingLevel')}.`,
      reason: finishReason,
      retryable: false,
    });
  }
  if (ending !== 'complete') {
    const message = repeatable(asText(candidate.finishMessage) ?? '', apiKey);
    const what = partialText === undefined ? 'blocked the response' : 'blocked the response partway';
    return new NoAnswerError(`the API ${what} (${finishReason})${message ? `: ${message}` : ''}`, {
      hint: 'Change the prompt or use another image.',
      reason: finishReason,
      partialText,
      retryable: false,
    });
  }
  const what = partsOf(candidate).some((part) => part.thought === true)
    ? 'thoughts but no answer'
    : 'an empty answer';
  return new NoAnswerError(`the model returned ${what}${finishReason ? ` (${finishReason})` : ''}`, {
    hint: 'Try again, or change the prompt.',
    reason: finishReason,
    retryable: true,
  });
}
