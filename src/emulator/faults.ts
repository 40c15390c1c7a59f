import { cutInHalf, dropItem, invertBoxes, repeatDigit, repeatItem } from './json-answer.ts';
import {
  answerWith,
  contentOf,
  errorInfo,
  invalidKey,
  invalidToken,
  quotaExceeded,
  rateLimit,
  refuse,
  response,
  unableToProcess,
  unknownModel,
} from './replies.ts';
import type { CannedReply, Fault, Reply } from './types.ts';

const exhausted = 'Resource has been exhausted (e.g. check quota).';
const quotaOfTheDay = quotaExceeded('GenerateRequestsPerDayPerProjectPerModel-FreeTier', '50', 45.837906927);
const noCredit =
  'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.';
const notEnabled =
  'Generative Language API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=123456789012 then retry.';
const overloaded = {
  code: 503,
  message: 'The model is overloaded. Please try again later.',
  status: 'UNAVAILABLE',
};
const loginPage =
  '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Sign in to continue</title></head>\n<body><h1>Guest network</h1><form method="post" action="/login"><input name="email"><button>Sign in</button></form></body>\n</html>\n';
const boat = answerWith('A small boat on a calm sea.');
const cutOff = contentOf('A small boat on a calm sea at');
const nothing = { role: 'model' };
const blocked = [
  { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', probability: 'NEGLIGIBLE' },
  { category: 'HARM_CATEGORY_HATE_SPEECH', probability: 'NEGLIGIBLE' },
  { category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' },
  { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
];

/** Every fault that has a name, for tests and for `--fault`: what it simulates, and what is sent. */
export const faults = {
  // Errors in the form that the service documents: https://ai.google.dev/gemini-api/docs/troubleshooting
  'rate-limit': fault('429, limit per minute reached, retry in one second (RetryInfo)', rateLimit(1)),
  'rate-limit-bare': fault(
    '429 that does not say how long to wait',
    error(429, 'RESOURCE_EXHAUSTED', exhausted),
  ),
  'daily-quota': fault('429, quota of the day used up', refuse(quotaOfTheDay)),
  'bad-key': fault('400, API key not valid', refuse(invalidKey)),
  'no-permission': fault(
    '403, API not enabled for the project of the key',
    error(403, 'PERMISSION_DENIED', notEnabled, 'SERVICE_DISABLED'),
  ),
  unauthenticated: fault('401, token not valid', refuse(invalidToken)),
  'no-credit': fault('402, prepaid credit used up', error(402, 'RESOURCE_EXHAUSTED', noCredit)),
  'unknown-model': fault(
    '404, model not found',
    refuse(unknownModel('models/gemini-1.0-pro-vision', 'v1beta')),
  ),
  'bad-image': fault('400, image cannot be decoded', refuse(unableToProcess)),
  'failed-precondition': fault(
    '400, service not available in this region',
    error(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
  ),
  internal: fault(
    '500, internal error of the service',
    error(500, 'INTERNAL', 'An internal error has occurred. Please retry.'),
  ),
  unavailable: fault('503, model overloaded', refuse(overloaded)),
  deadline: fault(
    '504, deadline of the service exceeded',
    error(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'),
  ),

  // What gateways and proxies before the service send, in forms of their own.
  'too-large': fault('413, web page of a proxy, sent before the body has arrived', {
    ...page(413, nginxPage('413 Request Entity Too Large')),
    isEarly: true,
  }),
  'retry-after': fault('429, plain text with the header Retry-After: 1', {
    status: 429,
    headers: { 'retry-after': '1' },
    body: 'Too many requests\n',
  }),
  'bad-gateway': fault('502, web page of a proxy', page(502, nginxPage('502 Bad Gateway'))),
  html: fault('200, login page of a network', page(200, loginPage)),
  'plain-text': fault('503, plain text of a proxy', {
    status: 503,
    body: 'upstream connect error or disconnect/reset before headers. reset reason: connection timeout',
  }),
  'empty-body': fault('200 with an empty body', { status: 200 }),
  'invalid-json': fault('200 with truncated JSON', {
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: '{\n  "candidates": [\n    {\n      "content": {\n        "parts": [\n          {\n            "text": "A small boat on',
  }),
  'array-error': fault('429, error object inside an array', {
    status: 429,
    body: [error(429, 'RESOURCE_EXHAUSTED', exhausted).body],
  }),
  'text-error': fault('502, {"error":"text"} of a gateway', {
    status: 502,
    body: { error: 'upstream provider returned an error' },
  }),
  'error-in-200': fault('200 with an error object inside', { body: { error: overloaded } }),

  // Answers without text, or cut short: https://ai.google.dev/api/generate-content#FinishReason
  'blocked-prompt': answer('prompt or image blocked (SAFETY)', undefined, {
    promptFeedback: { blockReason: 'SAFETY', safetyRatings: blocked },
    usageMetadata: { promptTokenCount: 264, totalTokenCount: 264 },
  }),
  'blocked-answer': answer('answer blocked (SAFETY)', { finishReason: 'SAFETY', safetyRatings: blocked }),
  'blocked-midway': answer('answer blocked after its first words (SAFETY)', {
    content: cutOff,
    finishReason: 'SAFETY',
    safetyRatings: blocked,
  }),
  recitation: answer('answer withheld as too close to a source (RECITATION)', { finishReason: 'RECITATION' }),
  'no-parts': answer('finished answer without text', { content: nothing, finishReason: 'STOP' }),
  'thoughts-only': answer('thoughts and no answer', {
    content: { parts: [{ text: 'The user asks about a boat.', thought: true }], role: 'model' },
    finishReason: 'STOP',
  }),
  'max-tokens': answer('answer cut off at the token limit (MAX_TOKENS)', {
    content: cutOff,
    finishReason: 'MAX_TOKENS',
  }),
  'max-tokens-empty': answer(
    'all tokens used up by thinking (MAX_TOKENS)',
    { content: nothing, finishReason: 'MAX_TOKENS' },
    { usageMetadata: { promptTokenCount: 264, thoughtsTokenCount: 255, totalTokenCount: 519 } },
  ),

  // Answers, and above all streams, that end in the middle.
  truncated: fault('200, answer that ends in the middle', { ...boat, insteadOfRest: '' }),
  'error-midway': fault('200, error object in the middle of the answer', {
    ...boat,
    insteadOfRest: JSON.stringify({ error: overloaded }, null, 2),
  }),
  'garbage-midway': fault('200, malformed JSON in the middle of the answer', {
    ...boat,
    insteadOfRest: 'data: {"candidates": [{"content": {"par\r\n\r\n',
  }),
  'no-streams': fault('405 for a stream, an answer for any other request', {
    isHonest: true,
    isWithoutStreams: true,
  }),

  // Answers to a schema that do not fit it.
  'data-malformed': data('answer in malformed JSON', (text) => `${text.slice(0, -1)},`),
  'data-cut': data('answer in JSON, cut off at the token limit', cutInHalf, 'MAX_TOKENS'),
  'data-fenced': data(
    'answer in JSON within a Markdown fence, and prose around it',
    (text) => `Here is the JSON:\n\`\`\`json\n${text}\n\`\`\`\nAnything else?`,
  ),
  'data-extra-item': data('answer in JSON, a list has one item too many', repeatItem),
  'data-missing-item': data('answer in JSON, a list lacks its last item', dropItem),
  'data-inverted-box': data('answer in JSON, the ends of a box exchanged', invertBoxes),
  'data-endless-number': data(
    'answer in JSON, a number repeats to the token limit',
    repeatDigit,
    'MAX_TOKENS',
  ),

  // Connections that break.
  cut: fault('connection closed before an answer', { cut: 'before-headers' }),
  'cut-headers': fault('connection closed within the headers of the answer', { ...boat, cut: 'in-headers' }),
  'cut-body': fault('connection closed in the middle of the answer', { ...boat, cut: 'in-body' }),
  hang: fault('no answer, connection kept open', { hang: true }),
};

export type FaultName = keyof typeof faults;

/** Whether there is a fault of that name. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}

function fault(about: string, reply: Reply): Fault {
  return { about, reply };
}

function error(code: number, status: string, message: string, reason?: string): CannedReply {
  return refuse({ code, status, message, ...(reason && { details: [errorInfo(reason)] }) });
}

function page(status: number, html: string): CannedReply {
  return { status, headers: { 'content-type': 'text/html' }, body: html };
}

function nginxPage(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
}

function answer(about: string, candidate: object | undefined, more?: object): Fault {
  return fault(`200, ${about}`, { body: response(candidate, more) });
}

/** The honest answer, with its text changed; its lists have an item even where they need none. */
function data(about: string, text: (text: string) => string, finishReason?: string): Fault {
  return fault(`200, ${about}`, { isHonest: true, text, finishReason, minItems: 1 });
}
