import type { CannedReply, HonestReply, Refusal } from './types.ts';

/** Checks the request, and refuses it or says what arrived. */
export const honest: HonestReply = { isHonest: true };

/** An error in the form that the service documents: https://ai.google.dev/gemini-api/docs/troubleshooting */
export function refuse({ code, status, message, details }: Refusal): CannedReply {
  return {
    status: code,
    body: { error: { code, message, status, ...(details && { details }) } },
    ...(code === 405 && { headers: { allow: 'POST' } }),
  };
}

/** A good answer of this text, in as many parts as are given. */
export function answerWith(...texts: string[]): CannedReply {
  return { body: response({ content: contentOf(...texts), finishReason: 'STOP' }) };
}

/** A limit per minute is reached, and the service says how many seconds to wait. */
export function rateLimit(seconds: number): CannedReply {
  return refuse(quotaExceeded('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '2', seconds));
}

/** A `GenerateContentResponse` around one candidate, or around none. */
export function response(candidate: object | undefined, more: object = {}): object {
  return {
    ...(candidate && { candidates: [{ ...candidate, index: 0 }] }),
    usageMetadata: { promptTokenCount: 264, candidatesTokenCount: 8, totalTokenCount: 272 },
    modelVersion: 'gemini-2.5-pro',
    responseId: 'vTkqaf7xEsSdvdIPrqLnyAc',
    ...more,
  };
}

/** What a model says, one text a part. */
export function contentOf(...texts: string[]): object {
  return { parts: texts.map((text) => ({ text })), role: 'model' };
}

/** Refuses a request for what is in it. */
export function invalidArgument(message: string, details?: readonly object[]): Refusal {
  return { code: 400, status: 'INVALID_ARGUMENT', message, ...(details && { details }) };
}

/** Refuses a value that breaks a rule of one field; the service words these as a list, line by line. */
export function brokenRule(field: string, message: string): Refusal {
  return invalidArgument(`* GenerateContentRequest.${field}: ${message}\n`);
}

/** Names the fields that an error is about; the request as a whole has no name. */
export function badRequest(violations: readonly { field: string; description: string }[]): object {
  return detail('BadRequest', {
    fieldViolations: violations.map(({ field, description }) => ({ ...(field && { field }), description })),
  });
}

/** Names the reason of an error for programs to read. */
export function errorInfo(reason: string): object {
  const metadata = { service: 'generativelanguage.googleapis.com' };
  return detail('ErrorInfo', { reason, domain: 'googleapis.com', metadata });
}

/** An invalid key is a 400, not a 401: https://ai.google.dev/gemini-api/docs/troubleshooting */
export const invalidKey: Refusal = invalidArgument('API key not valid. Please pass a valid API key.', [
  errorInfo('API_KEY_INVALID'),
  detail('LocalizedMessage', {
    locale: 'en-US',
    message: 'API key not valid. Please pass a valid API key.',
  }),
]);

/** A token that is not accepted. */
export const invalidToken: Refusal = {
  code: 401,
  status: 'UNAUTHENTICATED',
  message:
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  details: [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')],
};

/** Bytes that cannot be decoded as the image they were declared as. */
export const unableToProcess: Refusal = invalidArgument(
  'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
);

/** A model that is not known to this version of the API. */
export function unknownModel(name: string, version: string): Refusal {
  return {
    code: 404,
    status: 'NOT_FOUND',
    message: `${name} is not found for API version ${version}, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  };
}

/** A quota is used up: https://ai.google.dev/gemini-api/docs/rate-limits */
export function quotaExceeded(quotaId: string, quotaValue: string, seconds: number): Refusal {
  const page = 'https://ai.google.dev/gemini-api/docs/rate-limits';
  const quotaMetric = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';
  const quotaDimensions = { location: 'global', model: 'gemini-2.5-pro' };
  return {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: ${page}.\n* Quota exceeded for metric: ${quotaMetric}, limit: ${quotaValue}\nPlease retry in ${seconds}s.`,
    details: [
      detail('QuotaFailure', { violations: [{ quotaMetric, quotaId, quotaDimensions, quotaValue }] }),
      detail('Help', { links: [{ description: 'Learn more about Gemini API quotas', url: page }] }),
      detail('RetryInfo', { retryDelay: `${seconds}s` }),
    ],
  };
}

/** Error details and their types: https://google.aip.dev/193 */
function detail(type: string, fields: object): object {
  return { '@type': `type.googleapis.com/google.rpc.${type}`, ...fields };
}
