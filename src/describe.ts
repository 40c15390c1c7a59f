import { DescribeImageError } from './errors.ts';
import { type RequestBody, streamBody } from './gemini/body.ts';
import { checkOptions } from './gemini/check-options.ts';
import { type Endpoint, type EndpointSettings, generateEndpoint } from './gemini/endpoint.ts';
import { type Effects, type GenerateOptions, generate, sleep } from './gemini/generate.ts';
import { isOtherModel } from './gemini/model.ts';
import { buildRequest, type RequestPieces } from './gemini/request.ts';
import { hideKey } from './gemini/secret.ts';
import { post } from './gemini/transport.ts';
import { defaultModel, defaultPrompt } from './gemini/wire.ts';
import { loadImage } from './image/load.ts';
import { type ImageInput, parseSource } from './image/source.ts';
import type { Answer, GenerationSettings, HttpReply, Image, RetryNotice } from './types.ts';

export interface DescribeOptions extends GenerationSettings, EndpointSettings {
  /** The API key. It is sent, and never put into an error or a warning. */
  readonly apiKey: string;
  /** What to ask; "Describe this image." unless given. */
  readonly prompt?: string | undefined;
  /** An instruction that stands above the prompt. */
  readonly system?: string | undefined;
  /** `gemini-2.5-pro` unless given; `models/m` and `tunedModels/m` are fine too. */
  readonly model?: string | undefined;
  /** Declares this type instead of the one the bytes show. */
  readonly mimeType?: string | undefined;
  /** Bound on one attempt in milliseconds; 120,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first; 3 unless given. */
  readonly retries?: number | undefined;
  /** The longest wait before another attempt, in milliseconds; 60,000 unless given. A longer one fails at once. */
  readonly maxWaitMs?: number | undefined;
  /** URL of a proxy to go through, credentials included; none unless given. The environment is not looked at. */
  readonly proxy?: string | undefined;
  /** Ends the work at any moment, with an `AbortedError`. */
  readonly signal?: AbortSignal | undefined;
  /** Told as soon as something is odd; `Description.warnings` holds the same. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Told before each wait for another attempt. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Told how much of the request has been handed to the network, in bytes. */
  readonly onUpload?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Told of each reply as it came, error or not. */
  readonly onReply?: ((reply: HttpReply) => void) | undefined;
}

/** An answer and what it is the answer to. */
export interface Description extends Answer {
  readonly image: string;
  readonly mimeType: string;
  /** Size of the image in bytes. */
  readonly bytes: number;
  readonly prompt: string;
  /** The model that was asked. */
  readonly model: string;
  /** From the start of the work to the answer, waits included. */
  readonly elapsedMs: number;
  readonly warnings: readonly string[];
}

/** A request that is ready to be sent. */
export interface Prepared {
  readonly image: Image;
  readonly prompt: string;
  readonly model: string;
  /** The request as JSON with a gap for the image. */
  readonly pieces: RequestPieces;
  readonly body: RequestBody;
  readonly endpoint: Endpoint;
}

export const defaults = { timeoutMs: 120_000, retries: 3, maxWaitMs: 60_000 } as const;

/**
 * Asks a question about one image: a path, a `file:` URL, or its bytes.
 *
 * Throws a `DescribeImageError`: `UsageError`, `ImageError`, `CredentialError`, `ApiError`, `NetworkError`,
 * `NoAnswerError` or `AbortedError`.
 */
export async function describe(input: ImageInput, options: DescribeOptions): Promise<Description> {
  return describeWith(systemEffects, input, options);
}

/** The real network, clock and dice. */
export const systemEffects: Effects = { transport: post, random: Math.random, now: Date.now, sleep };

export type { Effects };

/** The same with another network, clock and dice. */
export async function describeWith(
  effects: Effects,
  input: ImageInput,
  options: DescribeOptions,
): Promise<Description> {
  const startedMs = effects.now();
  const hide = (text: string) => hideKey(text, options.apiKey);
  const warnings: string[] = [];
  const warn = (warning: string) => {
    warnings.push(hide(warning));
    options.onWarning?.(hide(warning));
  };
  let image: Image | undefined;
  try {
    const { prompt, model, body, endpoint, ...prepared } = await prepare(input, options);
    image = prepared.image;
    for (const warning of image.warnings) warn(warning);
    const answer = await generate(endpoint, body, attemptOptions(options, body), effects);
    for (const warning of warningsAbout(answer, model)) warn(`${image.name}: ${warning}`);
    const { name, mimeType, bytes } = image;
    const elapsedMs = Math.max(0, effects.now() - startedMs);
    return { image: name, mimeType, bytes, prompt, model, ...answer, elapsedMs, warnings };
  } catch (error) {
    if (!(error instanceof DescribeImageError)) throw error;
    throw (image === undefined ? error : error.about(image.name)).reword(hide);
  }
}

/** Loads the image and makes the request, and sends nothing. Throws like `describe`. */
export async function prepare(input: ImageInput, options: DescribeOptions): Promise<Prepared> {
  const { prompt = defaultPrompt, model = defaultModel, apiKey } = options;
  checkOptions(options);
  const endpoint = generateEndpoint(model, apiKey, options);
  const image = await loadImage(parseSource(input), options);
  const pieces = buildRequest([image], { ...options, prompt });
  return { image, prompt, model, pieces, body: streamBody(pieces), endpoint };
}

function attemptOptions(options: DescribeOptions, body: RequestBody): GenerateOptions {
  const { apiKey, proxy, signal, onRetry, onReply, onUpload } = options;
  return {
    timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    retries: options.retries ?? defaults.retries,
    maxWaitMs: options.maxWaitMs ?? defaults.maxWaitMs,
    apiKey,
    proxy,
    signal,
    onRetry,
    onReply,
    onUpload: onUpload && ((sentBytes: number) => onUpload(sentBytes, body.length)),
  };
}

function warningsAbout({ finishReason, modelVersion }: Answer, model: string): string[] {
  const warnings: string[] = [];
  if (finishReason === 'MAX_TOKENS') {
    warnings.push('the answer was cut off at the token limit (MAX_TOKENS); raise `maxOutputTokens`');
  } else if (finishReason !== undefined && finishReason !== 'STOP') {
    warnings.push(`the answer was cut off (${finishReason})`);
  }
  if (modelVersion !== undefined && isOtherModel(model, modelVersion)) {
    warnings.push(`answered by ${modelVersion}, though ${model} was asked`);
  }
  return warnings;
}
