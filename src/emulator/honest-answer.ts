import { createHash } from 'node:crypto';
import { estimateImageTokens } from '../api/tokens.ts';
import { type GenerateRequest, partsOf } from './api-description.ts';
import { instanceOf } from './json-answer.ts';
import type { HonestReply, ImageFacts } from './types.ts';

/** Answers a good request with a `GenerateContentResponse` that says what arrived; the same bytes get the same answer. */
export function answerHonestly(
  request: GenerateRequest,
  images: readonly ImageFacts[],
  model: string,
  body: Uint8Array,
  { text: wanted, finishReason = 'STOP', minItems = 0 }: HonestReply,
): object {
  const honest = writeAnswer(request, images, minItems);
  const text = typeof wanted === 'function' ? wanted(honest) : (wanted ?? honest);
  const middle = text.lastIndexOf(' ', text.length / 2) + 1;
  const parts = [{ text: text.slice(0, middle) }, { text: text.slice(middle) }];
  const { candidateCount = 1, mediaResolution = '' } = request.generationConfig ?? {};

  const textTokens = tokensOf([...promptTexts(request), ...systemTexts(request)].join(''));
  const resolution = resolutions[mediaResolution as keyof typeof resolutions];
  const imageTokens = images.reduce((sum, { width = 1, height = 1 }) => {
    return sum + estimateImageTokens(model, { width, height }, resolution);
  }, 0);
  const promptTokenCount = textTokens + imageTokens;
  const candidatesTokenCount = tokensOf(text) * candidateCount;
  return {
    candidates: Array.from({ length: candidateCount }, (_, index) => ({
      content: { parts, role: 'model' },
      finishReason,
      index,
    })),
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount,
      totalTokenCount: promptTokenCount + candidatesTokenCount,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: textTokens },
        { modality: 'IMAGE', tokenCount: imageTokens },
      ].filter(({ tokenCount }) => tokenCount > 0),
    },
    modelVersion: model,
    responseId: createHash('sha256').update(body).digest('base64url').slice(0, 22),
  };
}

/** Type, size in pixels and size in bytes, for a person to read. */
export function describeImage({ mimeType, bytes, width, height }: ImageFacts): string {
  const size = width === undefined ? 'of unknown size' : `${width} × ${height}`;
  return `${mimeType}, ${size}, ${bytes.toLocaleString('en-US')} bytes`;
}

const resolutions = {
  MEDIA_RESOLUTION_LOW: 'low',
  MEDIA_RESOLUTION_MEDIUM: 'medium',
  MEDIA_RESOLUTION_HIGH: 'high',
} as const;

/** Roughly four bytes a token: https://ai.google.dev/gemini-api/docs/tokens */
function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** What arrived, as text; as JSON where that is asked for, and in the smallest value that fits where there is a schema. */
function writeAnswer(request: GenerateRequest, images: readonly ImageFacts[], minItems: number): string {
  const { responseMimeType, responseSchema, responseJsonSchema, responseFormat } =
    request.generationConfig ?? {};
  const schema = responseSchema ?? responseJsonSchema ?? responseFormat?.text?.schema;
  const mimeType = responseMimeType ?? responseFormat?.text?.mimeType ?? 'text/plain';
  const value = schema === undefined ? describeRequest(request, images) : instanceOf(schema, minItems);
  return mimeType === 'application/json' ? JSON.stringify(value) : String(value);
}

function describeRequest(request: GenerateRequest, images: readonly ImageFacts[]): string {
  const prompt = promptTexts(request).join('\n');
  const system = systemTexts(request).join('\n');
  const files = partsOf(request).flatMap(({ fileData }) => fileData?.fileUri ?? []);
  return [
    'I am the describe-image emulator: I check requests and cannot see.',
    ...images.map((image) => `Image: ${describeImage(image)}, SHA-256 ${image.sha256}`),
    ...files.map((uri) => `File: ${beginning(uri)}`),
    `Prompt: ${prompt === '' ? 'none' : beginning(prompt, JSON.stringify)}`,
    ...(system === '' ? [] : [`System instruction: ${beginning(system, JSON.stringify)}`]),
    `Settings: ${describeSettings(request)}`,
  ].join('\n');
}

/** Everything in the request but what was said, by the names of the API. */
function describeSettings(request: GenerateRequest): string {
  const { contents: _, systemInstruction: __, generationConfig = {}, ...others } = request;
  const { thinkingConfig, ...config } = generationConfig;
  const settings = Object.entries({ ...config, ...thinkingConfig, ...others }).map(([name, value]) => {
    return `${name} ${beginning(typeof value === 'string' ? value : JSON.stringify(value))}`;
  });
  return settings.join(', ') || 'none';
}

function promptTexts(request: GenerateRequest): string[] {
  return partsOf(request).flatMap(({ text }) => text ?? []);
}

function systemTexts({ systemInstruction }: GenerateRequest): string[] {
  return systemInstruction?.parts?.flatMap(({ text }) => text ?? []) ?? [];
}

const maxCharacters = 500;

/** The beginning of a text, so that an answer does not repeat a request of many megabytes. */
function beginning(text: string, write: (beginning: string) => string = String): string {
  const characters = [...text.slice(0, (maxCharacters + 1) * 2)];
  const isLong = characters.length > maxCharacters;
  return `${write(characters.slice(0, maxCharacters).join(''))}${isLong ? '…' : ''}`;
}
