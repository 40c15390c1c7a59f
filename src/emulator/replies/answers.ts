import type { Fault } from '../types.ts';
import { response } from './build.ts';

const unsafe = [
  { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', probability: 'NEGLIGIBLE' },
  { category: 'HARM_CATEGORY_HATE_SPEECH', probability: 'NEGLIGIBLE' },
  { category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' },
  { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
];

/** Successes by HTTP that hold no answer, or half of one: https://ai.google.dev/api/generate-content#FinishReason */
export const answers = {
  'blocked-prompt': {
    about: '200, the prompt or the image is blocked (SAFETY)',
    reply: {
      body: response(undefined, {
        promptFeedback: { blockReason: 'SAFETY', safetyRatings: unsafe },
        usageMetadata: { promptTokenCount: 264, totalTokenCount: 264 },
      }),
    },
  },
  'blocked-answer': {
    about: '200, the answer is blocked (SAFETY)',
    reply: { body: response({ finishReason: 'SAFETY', safetyRatings: unsafe }) },
  },
  recitation: {
    about: '200, the answer is too close to a source (RECITATION)',
    reply: { body: response({ finishReason: 'RECITATION' }) },
  },
  'no-parts': {
    about: '200, a finished answer without text',
    reply: { body: response({ content: { role: 'model' }, finishReason: 'STOP' }) },
  },
  'thoughts-only': {
    about: '200, thoughts and no answer',
    reply: {
      body: response({
        content: { parts: [{ text: 'The user asks about a boat.', thought: true }], role: 'model' },
        finishReason: 'STOP',
      }),
    },
  },
  'max-tokens': {
    about: '200, the answer is cut off at the token limit',
    reply: {
      body: response({
        content: { parts: [{ text: 'A small boat on a calm sea at' }], role: 'model' },
        finishReason: 'MAX_TOKENS',
      }),
    },
  },
  'max-tokens-empty': {
    about: '200, thinking used up all tokens',
    reply: {
      body: response(
        { content: { role: 'model' }, finishReason: 'MAX_TOKENS' },
        { usageMetadata: { promptTokenCount: 264, thoughtsTokenCount: 255, totalTokenCount: 519 } },
      ),
    },
  },
} as const satisfies Record<string, Fault>;
