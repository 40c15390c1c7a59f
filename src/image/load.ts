import { ImageError } from '../errors.ts';
import type { Image } from '../types.ts';
import { readDimensions } from './dimensions.ts';
import { openSource } from './readable.ts';
import { headBytes } from './signature.ts';
import type { Source } from './source.ts';
import { decideType } from './type.ts';

interface LoadOptions {
  /** Declares this type instead of the one the bytes show, and sends whatever the file holds. */
  readonly mimeType?: string | undefined;
}

/**
 * Learns what an image is from its first bytes and its size; the rest stays where it is until it is sent.
 * Throws an `ImageError` when it cannot be read or is of a kind the API does not take.
 */
export async function loadImage(source: Source, options: LoadOptions = {}): Promise<Image> {
  const readable = openSource(source);
  const { name } = source;
  if (readable.bytes === 0)
    throw new ImageError('empty, 0 bytes', { hint: 'Save or download it again.' }).about(name);

  const { mimeType, warning } = await decideType(
    source.name,
    readable.readAt(0, headBytes),
    options.mimeType,
  );
  return {
    name,
    mimeType,
    bytes: readable.bytes,
    warnings: warning === undefined ? [] : [warning],
    open: readable.open,
    dimensions: () => readDimensions(readable.readAt),
  };
}
