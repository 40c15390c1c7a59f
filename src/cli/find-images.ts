import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import type { Job } from '../engine/tools.ts';
import { ImageError, UsageError } from '../errors.ts';
import { isFile, type Path } from '../image/bytes.ts';
import { type Search, search } from '../image/find.ts';
import { readList } from '../image/list.ts';
import { isOpened, nameOfInput } from '../image/source.ts';
import type { Io } from './io.ts';
import { type ImageSettings, namedImages } from './named-images.ts';
import type { Notices } from './notices.ts';
import { explainReadFailure } from './read-text.ts';
import type { Settings } from './settings.ts';

/** Searches for every image that was named, in folders and lists too; what else a list names is told and skipped. */
export function searchImages({ images, question, isQuiet }: Settings, io: Io, notices: Notices): Search {
  const named = namedImages(images, io, question);
  const listed = images.list === undefined ? undefined : readNames(images.list, images, io);
  // Whoever types a list, or looks for files, wants the first ones to be asked about meanwhile.
  const isAhead = images.list === undefined || (images.list !== '-' && isFile(images.list));
  return search({
    ahead: isAhead ? { named, listed } : { named },
    later: isAhead ? undefined : { listed },
    isRecursive: images.isRecursive,
    onSkip: (name) => isQuiet || notices.warning(skipped(name)),
    signal: io.signal,
  });
}

/** All images that were named, as one question. Throws an `ImageError` for one that is not found, and where there is none. */
export async function gatherImages(settings: Settings, io: Io, notices: Notices): Promise<Job> {
  const inputs: Job['inputs'][number][] = [];
  for await (const found of searchImages(settings, io, notices).images()) {
    if ('error' in found) throw found.error;
    const [input] = found.inputs;
    // There may be more than a program can have open.
    if (isOpened(input)) input.readable.settle();
    inputs.push(input);
  }
  if (inputs.length === 0) {
    throw new ImageError('no images in the list', { hint: 'Check that the list names images that exist.' });
  }
  const [first] = inputs;
  const name = inputs.length === 1 && first !== undefined ? nameOfInput(first) : `${inputs.length} images`;
  return { name, inputs, isTogether: true };
}

/** Git quotes names that are not plain, unless it ends them with NUL. */
function skipped(name: string): string {
  const isQuoted = /^".*"$/s.test(name);
  return `${name}: not an image, skipped${isQuoted ? '; to read unquoted names, use -z with git and -0 here' : ''}`;
}

/** Yields the names in `--files-from`. Throws a `UsageError` when the list cannot be read. */
async function* readNames(
  list: string,
  { isNullSeparated }: ImageSettings,
  { stdin, signal }: Io,
): AsyncGenerator<Path> {
  const name = list === '-' ? 'standard input' : list;
  const chunks = addAbortSignal(signal, list === '-' ? stdin() : createReadStream(list));
  yield* readList(readable(chunks, name), isNullSeparated ? 'null' : 'newline', name);
}

async function* readable(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw new UsageError(`the list ${name} ${explainReadFailure(cause)}`, {
      hint: 'Use --files-from with a file that has one name on each line, or -.',
      cause,
    });
  }
}
