import { UsageError } from '../errors.ts';
import { shown } from '../sentence.ts';
import type { OptionRows } from './row.ts';
import { choice, integer, maxInt32, number, text, textOf, toggle } from './values.ts';

export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high';
export type MediaResolution = 'low' | 'medium' | 'high';

/** The question. */
export const questionOptions = {
  /** The question; "Describe this image." by default. */
  prompt: {
    group: 'Question',
    short: 'p',
    argument: 'text',
    type: text,
    default: 'Describe this image.',
    isPerRun: true,
    fingerprint: { place: 1 },
    help: 'question; - reads stdin, @file reads a file',
  },
  /** A system instruction, which applies to the prompt. */
  system: {
    group: 'Question',
    argument: 'text',
    type: text,
    apiName: 'systemInstruction',
    request: { path: ['systemInstruction'], encode: (text: string) => ({ parts: [{ text }] }) },
    fingerprint: { place: 2 },
    help: 'system instruction: how to answer',
  },
  together: {
    group: 'Question',
    type: toggle,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'ask one question about all images together',
  },
} as const satisfies OptionRows;

/** How the model answers. Only what is set is sent: https://ai.google.dev/api/generate-content#generationconfig */
export const modelOptions = {
  /** `gemini-2.5-pro` by default; `models/m` and `tunedModels/m` are accepted too. */
  model: {
    group: 'Model',
    short: 'm',
    argument: 'name',
    type: textOf(parseModel),
    default: 'gemini-2.5-pro',
    environment: 'DESCRIBE_IMAGE_MODEL',
    fingerprint: { place: 3, canonical: (model: string) => model.replace(/^models\//, '') },
    help: 'model name (default: gemini-2.5-pro)',
  },
  /** Sampling temperature, 0 to 2. */
  temperature: {
    group: 'Model',
    short: 't',
    argument: 'number',
    type: number({ minimum: 0, maximum: 2 }),
    request: { path: ['generationConfig', 'temperature'] },
    fingerprint: { place: 4 },
    help: 'sampling temperature, 0 to 2',
  },
  /** Nucleus sampling, 0 to 1. */
  topP: {
    group: 'Model',
    argument: 'number',
    type: number({ minimum: 0, maximum: 1 }),
    request: { path: ['generationConfig', 'topP'] },
    fingerprint: { place: 5 },
    help: 'nucleus sampling, 0 to 1',
  },
  /** Sample from the k most likely tokens, 1 or more. */
  topK: {
    group: 'Model',
    argument: 'number',
    type: integer({ minimum: 1, maximum: maxInt32 }),
    request: { path: ['generationConfig', 'topK'] },
    fingerprint: { place: 6 },
    help: 'sample from the k most likely tokens',
  },
  /** Maximum tokens to generate, thinking included, 1 or more. */
  maxOutputTokens: {
    group: 'Model',
    argument: 'number',
    type: integer({ minimum: 1, maximum: maxInt32 }),
    request: { path: ['generationConfig', 'maxOutputTokens'] },
    fingerprint: { place: 7 },
    help: 'maximum tokens to generate, thinking included',
  },
  /** Stop sequences, at most 5. */
  stopSequences: {
    group: 'Model',
    flag: 'stop',
    argument: 'text',
    type: text,
    maxCount: 5,
    request: { path: ['generationConfig', 'stopSequences'] },
    fingerprint: { place: 8 },
    help: 'stop sequence; repeatable up to 5 times',
  },
  /** Sampling seed, a 32-bit integer, for more repeatable answers. */
  seed: {
    group: 'Model',
    argument: 'number',
    type: integer({ minimum: -maxInt32 - 1, maximum: maxInt32 }),
    request: { path: ['generationConfig', 'seed'] },
    fingerprint: { place: 9 },
    help: 'sampling seed, for more repeatable answers',
  },
  /** Thinking tokens: 0 disables, -1 is automatic. Cannot be combined with `thinkingLevel`. */
  thinkingBudget: {
    group: 'Model',
    argument: 'tokens',
    type: integer({ minimum: -1, maximum: maxInt32 }),
    conflicts: ['thinkingLevel'],
    request: { path: ['generationConfig', 'thinkingConfig', 'thinkingBudget'] },
    fingerprint: { place: 10 },
    help: 'thinking tokens; 0 disables, -1 is automatic',
  },
  /** Thinking effort. Cannot be combined with `thinkingBudget`. */
  thinkingLevel: {
    group: 'Model',
    argument: 'level',
    type: choice(['minimal', 'low', 'medium', 'high'] as const satisfies readonly ThinkingLevel[]),
    request: { path: ['generationConfig', 'thinkingConfig', 'thinkingLevel'] },
    fingerprint: { place: 11 },
    help: 'thinking effort: minimal, low, medium, high',
  },
  /** Detail in which the image is processed. */
  mediaResolution: {
    group: 'Model',
    argument: 'level',
    type: choice(['low', 'medium', 'high'] as const satisfies readonly MediaResolution[]),
    request: {
      path: ['generationConfig', 'mediaResolution'],
      encode: (level: string) => `MEDIA_RESOLUTION_${level.toUpperCase()}`,
    },
    fingerprint: { place: 12 },
    help: 'image detail: low, medium, high',
  },
} as const satisfies OptionRows;

/**
 * Checks a model's name: `m`, `models/m` or `tunedModels/m`. Throws a `UsageError` for one that would change the path
 * of the URL.
 */
export function parseModel(text: string): string {
  const isName = text.length <= 300 && /^[\w.@:~-]+(?:\/[\w.@:~-]+)*$/.test(text) && !text.includes('..');
  if (isName) return text;
  throw new UsageError(`${shown(text)} is not the name of a model`, {
    hint: 'Use a name such as gemini-2.5-pro or models/gemini-2.5-pro.',
  });
}
