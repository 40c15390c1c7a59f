import { ApiError, NoAnswerError, option, say } from '../errors.ts';
import type { HttpReply } from '../http/exchange.ts';
import { isBlank } from '../printable.ts';
import { type Answer, endingOf, type Usage } from '../result.ts';
import { readApiError } from './api-error.ts';
import { asArray, asCount, asObject, asText, decodeUtf8, type JsonObject, parseJson } from './json.ts';
import { redact, repeatable } from './redact.ts';

/** What a reply says. */
export type ApiAnswer = Pick<Answer, 'text' | 'finishReason' | 'modelVersion' | 'responseId' | 'usage'>;

/**
 * Reads the answer out of a `generateContent` reply. Throws the error that names why there is none: `ApiError`,
 * `CredentialError` or `NoAnswerError`.
 */
export function readReply(reply: HttpReply, apiKey?: string): ApiAnswer {
  const text = decodeUtf8(reply.body);
  if (reply.status < 200 || reply.status > 299) throw readApiError(reply, text, apiKey);
  const parsed = unwrap(parseJson(text));
  const response = asObject(parsed);
  if ((response.error ?? null) !== null) throw readApiError(reply, text, apiKey);
  if (!answerFields.some((name) => name in response)) throw notAnAnswer(reply, parsed);

  const candidate = asObject(asArray(response.candidates)[0]);
  const answer = {
    text: readText(candidate, apiKey),
    finishReason: readFact(candidate.finishReason, apiKey) ?? null,
    modelVersion: readFact(response.modelVersion, apiKey) ?? null,
    responseId: readFact(response.responseId, apiKey) ?? null,
    usage: readUsage(response.usageMetadata),
  };
  if (isBlocked(response, candidate) || isBlank(answer.text))
    throw explainNoAnswer(response, candidate, answer, apiKey);
  return answer;
}

/** One of them shows that it is this API that speaks; empty lists, such as one without candidates, are left out in its JSON. */
const answerFields = ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion', 'responseId'];

/** A few gateways put an array around whatever they say. */
function unwrap(parsed: unknown): unknown {
  return Array.isArray(parsed) && parsed.length === 1 ? parsed[0] : parsed;
}

/** Whether what came is no answer, but what was left of one when it was blocked. */
function isBlocked({ promptFeedback }: JsonObject, { finishReason }: JsonObject): boolean {
  const blockReason = asText(asObject(promptFeedback).blockReason) || 'BLOCK_REASON_UNSPECIFIED';
  return blockReason !== 'BLOCK_REASON_UNSPECIFIED' || endingOf(finishReason) === 'blocked';
}

/** Every text part in order, joined with nothing between; thoughts are not part of the answer. */
function readText(candidate: JsonObject, apiKey: string | undefined): string {
  const text = parts(candidate)
    .filter((part) => part.thought !== true)
    .map((part) => asText(part.text) ?? '')
    .join('');
  if (text.length > maxTextLength) throw tooLong();
  return redact(text, apiKey);
}

/** No answer of a model comes near. */
const maxTextLength = 16 * 1024 * 1024;

function tooLong(): NoAnswerError {
  return new NoAnswerError('the answer is longer than 16 MiB', {
    hint: say`Check ${option('baseUrl')}: no model answers at that length.`,
    reason: undefined,
    retryable: false,
  });
}

/** A name or word beside the answer: on one line, shortened, and undefined where it says nothing. */
function readFact(value: unknown, apiKey: string | undefined): string | undefined {
  const fact = repeatable(asText(value) ?? '', apiKey, maxFactLength);
  return isBlank(fact) ? undefined : fact;
}

/** The longest that are known have some 60 characters. */
const maxFactLength = 200;

function parts(candidate: JsonObject): JsonObject[] {
  return asArray(asObject(candidate.content).parts).map(asObject);
}

function readUsage(value: unknown): Usage | null {
  if (value === undefined || value === null) return null;
  const counts = asObject(value);
  return {
    promptTokenCount: asCount(counts.promptTokenCount),
    candidatesTokenCount: asCount(counts.candidatesTokenCount),
    thoughtsTokenCount: asCount(counts.thoughtsTokenCount),
    cachedContentTokenCount: asCount(counts.cachedContentTokenCount),
    totalTokenCount: asCount(counts.totalTokenCount),
  };
}

function notAnAnswer({ status, body }: HttpReply, parsed: unknown): ApiError {
  const what =
    body.length === 0
      ? 'nothing'
      : parsed === undefined
        ? 'something that is not JSON'
        : 'JSON of another kind';
  return new ApiError(`the server answered with ${what} (HTTP ${status})`, {
    hint: say`Check ${option('baseUrl')}, and whether a proxy or a login page stands between.`,
    status,
    // A body that is cut off or missing can be whole the next time; another kind of JSON stays another kind.
    retryable: parsed === undefined,
  });
}

/** Why an HTTP 200 has no usable text: https://ai.google.dev/api/generate-content#FinishReason */
function explainNoAnswer(
  response: JsonObject,
  candidate: JsonObject,
  { text, usage }: Pick<ApiAnswer, 'text' | 'usage'>,
  apiKey: string | undefined,
): NoAnswerError {
  const blockReason = readFact(asObject(response.promptFeedback).blockReason, apiKey);
  const finishReason = readFact(candidate.finishReason, apiKey);
  const ending = endingOf(candidate.finishReason);
  const partialText = isBlank(text) ? undefined : text;
  if (blockReason !== undefined) {
    return new NoAnswerError(`the API blocked the question or the image (${blockReason})`, {
      hint: 'Reword the prompt or take another image; the same request will be blocked again.',
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
      hint: say`Raise ${option('maxOutputTokens')}, or think less with ${option('thinkingBudget')} or ${option('thinkingLevel')}.`,
      reason: finishReason,
      retryable: false,
    });
  }
  if (ending !== 'complete') {
    const message = repeatable(asText(candidate.finishMessage) ?? '', apiKey);
    const what = partialText === undefined ? 'held the answer back' : 'blocked the answer partway through';
    return new NoAnswerError(`the API ${what} (${finishReason})${message ? `: ${message}` : ''}`, {
      hint: 'Reword the prompt or take another image.',
      reason: finishReason,
      partialText,
      retryable: false,
    });
  }
  const what = parts(candidate).some((part) => part.thought === true)
    ? 'thoughts but no answer'
    : 'an empty answer';
  return new NoAnswerError(`the model gave ${what}${finishReason ? ` (${finishReason})` : ''}`, {
    hint: 'Try again, or ask in other words.',
    reason: finishReason,
    retryable: true,
  });
}
