import type { MediaResolution } from '../options/question.ts';

/**
 * Estimates the tokens of one image offline. Gemini 3 counts by media resolution, earlier models by tiles:
 * https://ai.google.dev/gemini-api/docs/image-understanding#token-calculation
 */
export function estimateImageTokens(
  model: string,
  { width, height }: { readonly width: number; readonly height: number },
  resolution: MediaResolution | undefined,
): number {
  if (/(?:^|\/)gemini-3/.test(model)) return gemini3Tokens[resolution ?? 'high'];
  if (width <= smallEdge && height <= smallEdge) return tileTokens;
  const unit = Math.max(1, Math.floor(Math.min(width, height) / 1.5));
  return Math.ceil(width / unit) * Math.ceil(height / unit) * tileTokens;
}

const smallEdge = 384;
const tileTokens = 258;
const gemini3Tokens: Readonly<Record<MediaResolution, number>> = { low: 280, medium: 560, high: 1120 };
