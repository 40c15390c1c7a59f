import { ImageError, option, say } from '../errors.ts';
import { isFolder } from './bytes.ts';
import { type FoundFile, walkFolder } from './folder.ts';
import { type ImageInput, nameOfInput } from './source.ts';

/** An image that was named, or found in a folder that was. */
export interface Found {
  readonly name: string;
  readonly inputs: readonly [ImageInput];
}

/** A name that stands for no image. */
export interface NotFound {
  readonly name: string;
  readonly error: ImageError;
}

/**
 * Yields the images that inputs stand for, in order: a folder for those in it, sorted as people sort, and everything else
 * for itself. A folder that cannot be read or holds no image is one `NotFound`.
 *
 * @param isRecursive whether folders below are looked into
 */
export async function* collect(
  inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>,
  isRecursive: boolean,
): AsyncGenerator<Found | NotFound> {
  for await (const input of inputs) {
    const folder = typeof input === 'string' && isFolder(input) ? input : undefined;
    if (folder === undefined) yield { name: nameOfInput(input), inputs: [input] };
    else yield* imagesIn(folder, isRecursive);
  }
}

async function* imagesIn(folder: string, isRecursive: boolean): AsyncGenerator<Found | NotFound> {
  let isEmpty = true;
  let hasFolders = false;
  for await (const found of walkFolder(folder, isRecursive)) {
    if (found.kind === 'folder') hasFolders = true;
    else isEmpty = false;
    if (found.kind === 'image') yield { name: found.name, inputs: [asInput(found)] };
    if (found.kind === 'failure') yield found;
  }
  if (!isEmpty) return;
  const hint =
    hasFolders && !isRecursive
      ? say`${option('recursive')} looks into the folders below.`
      : 'Name another folder.';
  yield { name: folder, error: new ImageError('a folder without images', { hint }).about(folder) };
}

function asInput({ name, path }: FoundFile): ImageInput {
  return typeof path === 'string' && path === name ? path : { name, path };
}
