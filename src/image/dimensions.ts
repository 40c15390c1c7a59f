import type { Dimensions } from '../types.ts';
import { heifDimensions } from './dimensions/heif.ts';
import { jpegDimensions } from './dimensions/jpeg.ts';
import { pngDimensions } from './dimensions/png.ts';
import { webpDimensions } from './dimensions/webp.ts';
import type { ReadAt } from './readable.ts';

/**
 * Reads width and height from an image's header, without decoding it. Undefined for a format the API does not take
 * and for a header that is cut short or makes no sense.
 *
 * @param mimeType what the bytes are
 */
export function readDimensions(readAt: ReadAt, mimeType: string): Dimensions | undefined {
  try {
    const dimensions = readers[mimeType]?.(readAt);
    return dimensions && dimensions.width > 0 && dimensions.height > 0 ? dimensions : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // A number that lies past the end.
    throw error;
  }
}

type DimensionReader = (readAt: ReadAt) => Dimensions | undefined;

const readers: Readonly<Record<string, DimensionReader>> = {
  'image/png': pngDimensions,
  'image/jpeg': jpegDimensions,
  'image/webp': webpDimensions,
  'image/heic': heifDimensions,
  'image/heif': heifDimensions,
};
