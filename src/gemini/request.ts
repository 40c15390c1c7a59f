import type { GenerationSettings, Image } from '../types.ts';

/** A request body with a gap for each image: a string is JSON text, an image stands for its own base64. */
export type RequestPieces = readonly (string | Image)[];

interface Question extends GenerationSettings {
  readonly prompt: string;
  /** An instruction that stands above the prompt. */
  readonly system?: string | undefined;
}

/**
 * Writes a `generateContent` request as JSON text around its images. Only what was set is written.
 * The prompt comes first and each image follows in the order given; of several, each is told by number and name.
 */
export function buildRequest(images: readonly Image[], question: Question): RequestPieces {
  const pieces: (string | Image)[] = [
    `{"contents":[{"role":"user","parts":[${json({ text: question.prompt })}`,
  ];
  for (const [index, image] of images.entries()) {
    if (images.length > 1) pieces.push(`,${json({ text: label(index + 1, image.name) })}`);
    pieces.push(`,{"inline_data":{"mime_type":${json(image.mimeType)},"data":"`, image, '"}}');
  }
  pieces.push(`]}]${systemInstruction(question)}${generationConfig(question)}}`);
  return pieces;
}

/** The name without its folders, which say more about a person than about the image. */
function label(number: number, name: string): string {
  const base =
    name
      .replace(/[?#].*$/s, '')
      .split(/[/\\]/)
      .filter(Boolean)
      .at(-1) ?? name;
  return `Image ${number}: ${base.replace(/\p{Cc}+/gu, ' ').slice(0, longestLabel)}`;
}

/** No file system allows a longer name. */
const longestLabel = 255;

function systemInstruction({ system }: Question): string {
  return system === undefined ? '' : `,"systemInstruction":${json({ parts: [{ text: system }] })}`;
}

function generationConfig(settings: GenerationSettings): string {
  const config = json({
    temperature: settings.temperature,
    topP: settings.topP,
    topK: settings.topK,
    maxOutputTokens: settings.maxOutputTokens,
    stopSequences: settings.stopSequences?.length ? settings.stopSequences : undefined,
    seed: settings.seed,
    mediaResolution: settings.mediaResolution && `MEDIA_RESOLUTION_${settings.mediaResolution.toUpperCase()}`,
    thinkingConfig: thinkingConfig(settings),
  });
  return config === '{}' ? '' : `,"generationConfig":${config}`;
}

function thinkingConfig({ thinkingBudget, thinkingLevel }: GenerationSettings): object | undefined {
  if (thinkingBudget === undefined && thinkingLevel === undefined) return undefined;
  return { thinkingBudget, thinkingLevel };
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
