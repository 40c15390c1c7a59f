import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { UsageError } from '../errors.ts';
import { isFolder } from '../image/bytes.ts';
import { readList } from '../image/list.ts';
import { looksLikeImage } from '../image/looks-like-image.ts';
import { type ImageInput, isWebUrl } from '../image/source.ts';
import type { Io } from './io.ts';
import { explainReadFailure } from './read-text.ts';

/**
 * Yields the images of `--files-from`. A list that a program made, such as `git diff --name-only`, holds other files too:
 * those are passed over, and `onSkip` is told of each. Throws a `UsageError` when the list cannot be read.
 */
export async function* readNames(
  list: string,
  isNullSeparated: boolean,
  { stdin, signal }: Pick<Io, 'stdin' | 'signal'>,
  onSkip: (name: string) => void,
): AsyncGenerator<ImageInput> {
  const name = list === '-' ? 'standard input' : list;
  const chunks = addAbortSignal(signal, list === '-' ? stdin() : createReadStream(list));
  const inputs = readList(readable(chunks, name), isNullSeparated ? 'null' : 'newline', name);
  for await (const input of inputs) {
    if (isImage(input)) yield input;
    else onSkip(nameOf(input));
  }
}

async function* readable(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw new UsageError(`the list ${name} ${explainReadFailure(cause)}`, {
      hint: '--files-from takes a file with a name on each line, or -.',
      cause,
    });
  }
}

function isImage(input: ImageInput): boolean {
  if (typeof input !== 'string') return !('path' in input) || looksLikeImage(input.path, input.name);
  return isWebUrl(input) || isFolder(input) || looksLikeImage(input, input);
}

function nameOf(input: ImageInput): string {
  return typeof input === 'string' || !('path' in input) ? String(input) : input.name;
}
