import { invalidKey, invalidToken } from '../check/credential.ts';
import { unknownModel } from '../check/endpoint.ts';
import { unableToProcess } from '../check/images.ts';
import { errorInfo, help, quotaFailure, retryInfo } from '../refusal.ts';
import type { CannedReply, Fault, Refusal } from '../types.ts';
import { refuse } from './build.ts';

/** A limit per minute is reached, and the service says how long to wait. */
export function rateLimit(seconds: number): CannedReply {
  return refuse(quotaExceeded('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', '2', seconds));
}

/** Errors in the form that the service documents. */
export const refusals = {
  'rate-limit': { about: '429, wait one second (RetryInfo)', reply: rateLimit(1) },
  'rate-limit-bare': {
    about: '429 without a word on how long to wait',
    reply: refuse(error(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).')),
  },
  'daily-quota': {
    about: '429, the quota of the day is used up',
    reply: refuse(quotaExceeded('GenerateRequestsPerDayPerProjectPerModel-FreeTier', '50', 45.837906927)),
  },
  'bad-key': { about: '400, the API key is not valid', reply: refuse(invalidKey) },
  'no-permission': {
    about: '403, the key may not do this',
    reply: refuse({
      ...error(
        403,
        'PERMISSION_DENIED',
        'Generative Language API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123456789012 then retry.',
      ),
      details: [errorInfo('SERVICE_DISABLED')],
    }),
  },
  unauthenticated: { about: '401, the token is not valid', reply: refuse(invalidToken) },
  'no-credit': {
    about: '402, the prepaid credit is used up',
    reply: refuse(
      error(
        402,
        'RESOURCE_EXHAUSTED',
        'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.',
      ),
    ),
  },
  'unknown-model': {
    about: '404, there is no such model',
    reply: refuse(unknownModel('models/gemini-1.0-pro-vision', 'v1beta')),
  },
  'bad-image': { about: '400, the image cannot be decoded', reply: refuse(unableToProcess) },
  'failed-precondition': {
    about: '400, not offered where you are',
    reply: refuse(error(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')),
  },
  internal: {
    about: '500, the service failed',
    reply: refuse(
      error(
        500,
        'INTERNAL',
        'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
      ),
    ),
  },
  unavailable: {
    about: '503, the model is overloaded',
    reply: refuse(error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')),
  },
  deadline: {
    about: '504, the service took too long',
    reply: refuse(error(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.')),
  },
} as const satisfies Record<string, Fault>;

function error(code: number, status: string, message: string): Refusal {
  return { code, status, message };
}

/** https://ai.google.dev/gemini-api/docs/rate-limits */
function quotaExceeded(quotaId: string, quotaValue: string, seconds: number): Refusal {
  const docs = 'https://ai.google.dev/gemini-api/docs/rate-limits';
  return {
    ...error(
      429,
      'RESOURCE_EXHAUSTED',
      `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: ${docs}.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: ${quotaValue}\nPlease retry in ${seconds}s.`,
    ),
    details: [
      quotaFailure(quotaId, quotaValue),
      help('Learn more about Gemini API quotas', docs),
      retryInfo(seconds),
    ],
  };
}
