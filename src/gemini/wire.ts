import type { Auth, MediaResolution, ThinkingLevel } from '../types.ts';

/**
 * The part of the Gemini API that this package speaks, as it stands on the wire.
 * Source: https://ai.google.dev/api/generate-content
 */

/** Google's own origin; any gateway that speaks the API can stand in for it. */
export const googleOrigin = 'https://generativelanguage.googleapis.com';
export const defaultApiVersion = 'v1beta';
export const defaultModel = 'gemini-2.5-pro';
export const defaultPrompt = 'Describe this image.';

/** Ranges of `generationConfig`: https://ai.google.dev/api/generate-content#generationconfig */
export const limits = {
  temperature: { minimum: 0, maximum: 2 },
  topP: { minimum: 0, maximum: 1 },
  topK: { minimum: 1, maximum: 2_147_483_647 },
  maxOutputTokens: { minimum: 1, maximum: 2_147_483_647 },
  seed: { minimum: -2_147_483_648, maximum: 2_147_483_647 },
  thinkingBudget: { minimum: -1, maximum: 2_147_483_647 },
} as const;

/** A request of more bytes is refused: https://ai.google.dev/gemini-api/docs/file-input-methods */
export const defaultMostRequestBytes = 100_000_000;

/** A request of more images is refused: https://ai.google.dev/gemini-api/docs/image-understanding */
export const mostImages = 3600;

/** At most this many `stopSequences`. */
export const mostStopSequences = 5;

export const thinkingLevels = [
  'minimal',
  'low',
  'medium',
  'high',
] as const satisfies readonly ThinkingLevel[];
export const mediaResolutions = ['low', 'medium', 'high'] as const satisfies readonly MediaResolution[];
export const authSchemes = ['query', 'header', 'bearer'] as const satisfies readonly Auth[];
