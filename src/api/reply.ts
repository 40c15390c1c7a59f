import { NoAnswerError } from '../errors.ts';
import type { HttpReply } from '../http/exchange.ts';
import { isBlank } from '../printable.ts';
import { type Answer, endingOf, type Usage } from '../result.ts';
import { option, say } from '../sentence.ts';
import {
  asArray,
  asCount,
  asObject,
  asText,
  decodeUtf8,
  type JsonObject,
  parseJson,
  partsOf,
} from './json.ts';
import { readFact, redact } from './redact.ts';

/** What a reply says. */
export type ApiAnswer = Pick<Answer, 'text' | 'finishReason' | 'modelVersion' | 'responseId' | 'usage'>;

/**
 * Reads the answer out of a `generateContent` reply. Throws the error that names why there is none: `ApiError`,
 * `CredentialError` or `NoAnswerError`.
 */
export async function readReply(reply: HttpReply, apiKey?: string): Promise<ApiAnswer> {
  const text = decodeUtf8(reply.body);
  const parsed = reply.status < 200 || reply.status > 299 ? undefined : unwrap(parseJson(text));
  const response = asObject(parsed);
  if ((response.error ?? null) !== null || !answerFields.some((name) => name in response))
    throw (await failures()).readFailure(reply, text, parsed, apiKey);

  const candidate = asObject(asArray(response.candidates)[0]);
  const answer = {
    text: readText(candidate, apiKey),
    finishReason: readFact(candidate.finishReason, apiKey) ?? null,
    modelVersion: readFact(response.modelVersion, apiKey) ?? null,
    responseId: readFact(response.responseId, apiKey) ?? null,
    usage: readUsage(response.usageMetadata),
  };
  if (isBlocked(response, candidate) || isBlank(answer.text))
    throw (await failures()).explainNoAnswer(response, candidate, answer, apiKey);
  return answer;
}

/** What a good answer does not need is loaded for the others. */
function failures(): Promise<typeof import('./api-error.ts')> {
  return import('./api-error.ts');
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
  const text = partsOf(candidate)
    .filter((part) => part.thought !== true)
    .map((part) => asText(part.text) ?? '')
    .join('');
  if (text.length > maxTextLength) throw tooLong();
  return redact(text, apiKey);
}

/** No answer of a model comes near. */
const maxTextLength = 16 * 1024 * 1024;

function tooLong(): NoAnswerError {
  return new NoAnswerError('the answer is larger than 16 MiB', {
    hint: say`Check ${option('baseUrl')}: no model gives such a large answer.`,
    reason: undefined,
    retryable: false,
  });
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
