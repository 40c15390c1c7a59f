import { systemEffects } from '../describe.ts';
import type { DescribeImageError } from '../errors.ts';
import { collect } from '../image/find.ts';
import type { ImageInput } from '../image/source.ts';
import { nowhere } from '../store/archive.ts';
import type { Description } from '../types.ts';
import type { BatchOptions } from './batch-options.ts';
import { runBatch } from './run.ts';

/** An image that was not answered, and why. */
export interface FailedDescription {
  readonly image: string;
  readonly error: DescribeImageError;
}

export interface DescribeAllOptions extends BatchOptions {
  /** Whether folders below a folder are looked into, too. */
  readonly recursive?: boolean | undefined;
}

/**
 * Asks about each of many images by itself, several at once, and yields what became of each, in the order they came in. A path
 * to a folder stands for the images in it. An image that fails is yielded with its `error`; what would befall all of them,
 * such as a key that is refused, is thrown, and so is an `AbortedError`.
 *
 * @example
 * for await (const each of describeAll(['photos/'], { apiKey })) {
 *   console.log(each.image, 'error' in each ? each.error.message : each.text);
 * }
 */
export async function* describeAll(
  inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>,
  options: DescribeAllOptions,
): AsyncGenerator<Description | FailedDescription> {
  let cause: DescribeImageError | undefined;
  const onHalt = (error: DescribeImageError) => {
    cause = error;
  };
  const { onWarning, onReply, onUpload, onRetry } = options;
  const listener = { onHalt, onWarning, onReply, onUpload, onRetry };
  const candidates = collect(inputs, options.recursive ?? false);
  for await (const outcome of runBatch(systemEffects, candidates, options, nowhere, listener)) {
    if (outcome.kind === 'answered') yield outcome.description;
    if (outcome.kind === 'failed') yield { image: outcome.name, error: outcome.error };
  }
  if (cause !== undefined) throw cause;
}
