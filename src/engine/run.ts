import { checkOptions } from '../options/table.ts';
import { ask } from './ask.ts';
import {
  commonTools,
  type Found,
  lighter,
  optionsFor,
  type RunOptions,
  type Told,
  type Tools,
} from './tools.ts';

/**
 * Asks about every image and yields what became of each, in the order they came in. Throws what ends a run: a
 * `DescribeImageError` that every other image would meet as well, an `OutputError` where an answer cannot be kept, an
 * `AbortedError`. What was in flight is finished and yielded first, so that no answer that came is lost.
 */
export async function* run(
  images: Iterable<Found> | AsyncIterable<Found>,
  given: RunOptions,
): AsyncGenerator<Told> {
  checkOptions(given.options);
  if (!given.isSeveral) return yield* runOne(images, given);
  const { runMany } = await import('./many.ts');
  yield* runMany(images, given);
}

/** Needs no limit, no order and no connection that is kept. */
async function* runOne(
  images: Iterable<Found> | AsyncIterable<Found>,
  given: RunOptions,
): AsyncGenerator<Told> {
  const tools: Tools = {
    ...commonTools(given),
    place: (request) => request({ limited: () => undefined, succeeded: () => undefined }),
    inTurn: (_, work) => work(),
  };
  for await (const found of images) {
    const told = await ask(found, { ...tools, options: optionsFor(found.name, given.options) });
    given.listener?.onResult?.(told);
    yield lighter(told);
    if (told.error !== undefined) throw told.error;
  }
}
