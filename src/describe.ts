import { type Effects, type GenerateOptions, generate, sleep } from './api/generate.ts';
import { isOtherModel } from './api/model.ts';
import { redact, redactError } from './api/redact.ts';
import type { DescribeOptions } from './describe-options.ts';
import { ApiError, DescribeImageError } from './errors.ts';
import { endingOf } from './finish-reason.ts';
import { createTransport, type RequestBody } from './http/exchange.ts';
import type { ImageInput, OpenedSource } from './image/source.ts';
import { defaults } from './options/table.ts';
import { attemptOptions, nameOf, type Prepared, prepare } from './prepare.ts';
import { adviceOnSize } from './size-advice.ts';
import type { Answer, Description, Image, JointDescription, SentImage } from './types.ts';

/**
 * Asks a question about one image. An answer that was cut off at the token limit is returned, with `finishReason` `MAX_TOKENS`.
 *
 * Throws a `DescribeImageError`: `UsageError`, `ImageError`, `CredentialError`, `ApiError`, `NetworkError`,
 * `NoAnswerError` or `AbortedError`.
 */
export async function describe(input: ImageInput, options: DescribeOptions): Promise<Description> {
  return describeWith(systemEffects, input, options);
}

/** Asks one question about several images together, at most 3,600. Throws like `describe`. */
export async function describeTogether(
  inputs: readonly ImageInput[],
  options: DescribeOptions,
): Promise<JointDescription> {
  return describeTogetherWith(systemEffects, inputs, options);
}

/** The real network, randomness and waiting, and a clock that nobody sets, in milliseconds. */
export function createEffects(monotonicNow: () => number): Effects {
  return {
    transport: createTransport(monotonicNow),
    random: Math.random,
    now: Date.now,
    monotonicNow,
    sleep,
  };
}

/** The real network, clock and randomness. */
export const systemEffects: Effects = createEffects(() => performance.now());

export type { Effects };

/** `describe` with another network, clock and dice. */
export async function describeWith(
  effects: Effects,
  input: ImageInput | OpenedSource,
  options: DescribeOptions,
): Promise<Description> {
  const { images, ...answered } = await describeTogetherWith(effects, [input], options);
  return { ...(images[0] as SentImage), ...answered };
}

/** `describeTogether` with another network, clock and dice. */
export async function describeTogetherWith(
  effects: Effects,
  inputs: readonly (ImageInput | OpenedSource)[],
  options: DescribeOptions,
): Promise<JointDescription> {
  const startedMs = effects.monotonicNow();
  const hide = (text: string) => redact(text, options.apiKey);
  const warnings: string[] = [];
  const warn = (warning: string, isCutOff: boolean) => {
    warnings.push(hide(warning));
    options.onWarning?.(hide(warning), isCutOff);
  };
  let prepared: Prepared | undefined;
  let about: string | undefined;
  try {
    prepared = await prepare(inputs, options, effects);
    const { images, prompt, model, body, endpoint } = prepared;
    about = nameOf(images);
    for (const warning of images.flatMap((image) => image.warnings)) warn(warning, false);
    const onSentAgain = () => warn(`${about}: the connection was closed while idle, sent again`, false);
    const answer = await generate(
      endpoint,
      body,
      { ...generateOptions(options, body), onSentAgain },
      effects,
    );
    if (endingOf(answer.finishReason) === 'cutOff') warn(`${about}: ${cutOff}`, true);
    for (const warning of warningsAbout(answer, model)) warn(`${about}: ${warning}`, false);
    const elapsedMs = Math.round(effects.monotonicNow() - startedMs);
    return { images: images.map(sent), prompt, model, ...answer, elapsedMs, warnings };
  } catch (error) {
    if (!(error instanceof DescribeImageError)) throw error;
    // How much a server takes is not told; half as much is a good next try.
    if (prepared && error instanceof ApiError && error.isTooLarge)
      error.hint = adviceOnSize(prepared.images, 0.5);
    throw redactError(about === undefined ? error : error.about(about), options.apiKey);
  } finally {
    prepared?.close();
  }
}

function generateOptions(options: DescribeOptions, body: RequestBody): GenerateOptions {
  const { proxy, agent, onReply, onUpload } = options;
  return {
    ...attemptOptions(options),
    timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    proxy,
    agent,
    onReply,
    onUpload: onUpload && ((sentBytes: number) => onUpload(sentBytes, body.length)),
  };
}

function sent(image: Image): SentImage {
  const { name, mimeType, bytes, changes, dimensions } = image;
  const { width, height, orientation } = dimensions ?? {};
  return { image: name, mimeType, bytes, width, height, orientation, changes };
}

const cutOff = 'the answer was cut off at the token limit (MAX_TOKENS); raise `maxOutputTokens`';

function warningsAbout({ finishReason, modelVersion }: Answer, model: string): string[] {
  const warnings: string[] = [];
  if (endingOf(finishReason) === 'doubtful') {
    warnings.push(`the API ended the answer early (${finishReason}), so it may be incomplete`);
  }
  if (modelVersion !== undefined && isOtherModel(model, modelVersion)) {
    warnings.push(`answered by ${modelVersion}, though ${model} was asked`);
  }
  return warnings;
}
