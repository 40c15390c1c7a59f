/**
 * Ask a question about an image, through any API that speaks Gemini's `generateContent`.
 *
 * @example
 * import { describeImage } from 'describe-image';
 * const { text } = await describeImage('photo.jpg', { prompt: 'what is this?', apiKey: process.env.GEMINI_API_KEY });
 */
import { checkAsking } from './engine/check.ts';
import { run } from './engine/run.ts';
import type { DescribeImagesOptions, DescribeOptions, Found } from './engine/tools.ts';
import { UsageError } from './errors.ts';
import { search } from './image/find.ts';
import { type ImageInput, nameOfInput } from './image/source.ts';
import { type Answered, type CutOff, type Failed, isAnswer, type OfOneImage } from './result.ts';
import { shown } from './sentence.ts';

/**
 * Asks a question about one image. An answer that ended at the token limit has the outcome `cutOff`.
 *
 * Throws a `DescribeImageError`: `UsageError`, `ImageError`, `CredentialError`, `ApiError`, `NetworkError`,
 * `NoAnswerError` or `AbortedError`.
 */
export async function describeImage(
  input: ImageInput,
  options: DescribeOptions,
): Promise<OfOneImage<Answered | CutOff>> {
  const name = nameOfInput(input);
  return { ...(await askOnce({ name, inputs: [input] }, options)), image: name };
}

/** Asks one question about several images together, at most 3,600. Throws like `describeImage`. */
export async function describeTogether(
  inputs: readonly ImageInput[],
  options: DescribeOptions,
): Promise<Answered | CutOff> {
  checkList(inputs);
  return askOnce({ name: `${inputs.length} images`, inputs, isTogether: true }, options);
}

/**
 * Asks about each of many images separately, several in parallel, and yields the results in the order of the inputs. A path
 * to a folder stands for the images in it. An image that fails is yielded with its `error`; a failure that would concern every
 * image, such as a refused key, is thrown, and so is an `AbortedError`.
 *
 * @example
 * for await (const each of describeImages(['photos/'], { apiKey })) {
 *   console.log(each.image, each.outcome === 'failed' ? each.error.message : each.text);
 * }
 */
export async function* describeImages(
  inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>,
  options: DescribeImagesOptions,
): AsyncGenerator<OfOneImage<Answered | CutOff | Failed>> {
  checkAsking(options);
  checkList(inputs);
  const images = search({ later: { named: inputs }, isRecursive: options.recursive ?? false }).images();
  for await (const { result } of run(images, { options, isSeveral: true }))
    if (isAnswer(result) || result.outcome === 'failed') yield { ...result, image: result.image ?? '' };
}

/** A name alone would be taken for a list of letters. */
function checkList(inputs: unknown): void {
  const isList =
    typeof inputs === 'object' &&
    inputs !== null &&
    (Symbol.iterator in inputs || Symbol.asyncIterator in inputs) &&
    !(inputs instanceof Uint8Array);
  if (isList) return;
  throw new UsageError(`the images must be a list, not ${shown(inputs)}`, {
    hint: 'Hand them over in an array, or ask about one with describeImage.',
  });
}

async function askOnce(job: Found, options: DescribeOptions): Promise<Answered | CutOff> {
  checkAsking(options);
  for await (const { result } of run([job], { options: { ...options }, isSeveral: false })) {
    if (isAnswer(result)) return result;
    if (result.outcome === 'failed') throw result.error;
  }
  throw new Error('a run of one image has one result');
}

export type { DescribeImagesOptions, DescribeOptions } from './engine/tools.ts';
export {
  AbortedError,
  ApiError,
  CredentialError,
  DescribeImageError,
  type Failure,
  type FailureKind,
  type FailureRecord,
  ImageError,
  NetworkError,
  NoAnswerError,
  OutputError,
  UsageError,
} from './errors.ts';
export type { HttpReply } from './http/exchange.ts';
export type { RetryNotice } from './http/retry.ts';
export type { ImageInput, NamedFile, NamedImage } from './image/source.ts';
export type { Auth } from './options/connection.ts';
export type { MediaResolution, ThinkingLevel } from './options/question.ts';
export { defaults, type LibraryOptions } from './options/table.ts';
export type { Answer, Answered, Asked, CutOff, Failed, OfOneImage, SentImage, Usage } from './result.ts';
export type { OptionNaming, OptionReference, Sentence } from './sentence.ts';
