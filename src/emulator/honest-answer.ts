import { createHash } from 'node:crypto';
import { estimateImageTokens } from '../api/tokens.ts';
import { partsOf } from './check-body.ts';
import type { HonestReply, ImageFacts } from './emulator.ts';
import type { GenerateRequest } from './read-message.ts';
import { instanceOf } from './schema-instance.ts';

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
  const count = request.generationConfig?.candidateCount ?? 1;
  return {
    candidates: Array.from({ length: count }, (_, index) => ({
      content: { parts, role: 'model' },
      finishReason,
      index,
    })),
    usageMetadata: countTokens(request, images, model, text, count),
    modelVersion: model,
    responseId: createHash('sha256').update(body).digest('base64url').slice(0, 22),
  };
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
  return [
    'I am the describe-image emulator: I check requests and cannot see.',
    ...images.map((image) => `Image: ${describeImage(image)}, SHA-256 ${image.sha256}`),
    ...fileUris(request).map((uri) => `File: ${shorten(uri)}`),
    `Prompt: ${prompt === '' ? 'none' : quote(prompt)}`,
    ...(system === '' ? [] : [`System instruction: ${quote(system)}`]),
    `Settings: ${describeSettings(request)}`,
  ].join('\n');
}

/** Type, size in pixels and size in bytes, for a person to read. */
export function describeImage({ mimeType, bytes, width, height }: ImageFacts): string {
  const size = width === undefined ? 'of unknown size' : `${width} × ${height}`;
  return `${mimeType}, ${size}, ${bytes.toLocaleString('en-US')} bytes`;
}

/** Everything in the request but what was said, by the names of the API. */
function describeSettings(request: GenerateRequest): string {
  const { contents: _, systemInstruction: __, generationConfig = {}, ...others } = request;
  const { thinkingConfig, ...config } = generationConfig;
  const settings = Object.entries({ ...config, ...thinkingConfig, ...others });
  if (settings.length === 0) return 'none';
  return settings
    .map(([name, value]) => `${name} ${shorten(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(', ');
}

function promptTexts(request: GenerateRequest): string[] {
  return partsOf(request).flatMap(({ text }) => text ?? []);
}

function systemTexts({ systemInstruction }: GenerateRequest): string[] {
  return systemInstruction?.parts?.flatMap(({ text }) => text ?? []) ?? [];
}

function fileUris(request: GenerateRequest): string[] {
  return partsOf(request).flatMap(({ fileData }) => fileData?.fileUri ?? []);
}

function quote(text: string): string {
  return shorten(text, JSON.stringify);
}

const maxCharacters = 500;

/** The beginning of a text, so that an answer does not repeat a request of many megabytes. */
function shorten(text: string, write: (beginning: string) => string = String): string {
  const characters = [...text.slice(0, (maxCharacters + 1) * 2)];
  const isLong = characters.length > maxCharacters;
  return `${write(characters.slice(0, maxCharacters).join(''))}${isLong ? '…' : ''}`;
}

/** Roughly four bytes a token: https://ai.google.dev/gemini-api/docs/tokens */
function countTokens(
  request: GenerateRequest,
  images: readonly ImageFacts[],
  model: string,
  answer: string,
  count: number,
): object {
  const textTokens = tokensOf([...promptTexts(request), ...systemTexts(request)].join(''));
  const resolution = request.generationConfig?.mediaResolution ?? '';
  const imageTokens = images.reduce((sum, image) => sum + tokensOfImage(image, model, resolution), 0);
  const candidatesTokenCount = tokensOf(answer) * count;
  return {
    promptTokenCount: textTokens + imageTokens,
    candidatesTokenCount,
    totalTokenCount: textTokens + imageTokens + candidatesTokenCount,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: textTokens },
      { modality: 'IMAGE', tokenCount: imageTokens },
    ].filter(({ tokenCount }) => tokenCount > 0),
  };
}

function tokensOfImage({ width = 1, height = 1 }: ImageFacts, model: string, resolution: string): number {
  const known = resolutions[resolution as keyof typeof resolutions];
  return estimateImageTokens(model, { width, height }, known);
}

const resolutions = {
  MEDIA_RESOLUTION_LOW: 'low',
  MEDIA_RESOLUTION_MEDIUM: 'medium',
  MEDIA_RESOLUTION_HIGH: 'high',
} as const;

function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}
