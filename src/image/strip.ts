import { ImageError } from '../errors.ts';
import { readAhead } from './read-ahead.ts';
import type { ReadAt, Readable } from './readable.ts';
import { joined } from './strip/joined.ts';
import { planJpegStrip } from './strip/jpeg.ts';
import { damaged, type StripPlan } from './strip/plan.ts';
import { planPngStrip } from './strip/png.ts';
import { planWebpStrip } from './strip/webp.ts';

interface Stripped {
  readonly readable: Readable;
  /** What went, in plain words: "EXIF", "GPS position", …; empty where there was nothing to remove. */
  readonly removed: readonly string[];
}

/**
 * Removes what is not picture from a PNG, JPEG or WebP file, whose pixels, colour profile and orientation stay as they are.
 * Nothing is decoded, and the picture is not held in memory. Throws an `ImageError` for other formats and where damage hides
 * what is to be removed.
 */
export function stripMetadata(readable: Readable, mimeType: string, name: string): Stripped {
  const { pieces, removed } = plan(readable, mimeType, name);
  return { readable: removed.length === 0 ? readable : joined(readable, pieces), removed };
}

function plan({ readAt, bytes }: Readable, mimeType: string, name: string): StripPlan {
  try {
    return planStrip(readAt, bytes, mimeType);
  } catch (error) {
    throw error instanceof ImageError ? error.about(name) : error;
  }
}

/** Finds out what of a file of so many bytes stays without its metadata. Throws like `stripMetadata`. */
export function planStrip(readAt: ReadAt, bytes: number, mimeType: string): StripPlan {
  const planFormat = planners[mimeType];
  if (planFormat === undefined) throw notStrippable(mimeType);
  try {
    return planFormat(readAhead(readAt), bytes);
  } catch (error) {
    if (error instanceof RangeError) throw damaged(); // A number that lies past the end.
    throw error;
  }
}

const planners: Readonly<Record<string, (readAt: ReadAt, bytes: number) => StripPlan>> = {
  'image/png': planPngStrip,
  'image/jpeg': planJpegStrip,
  'image/webp': planWebpStrip,
};

function notStrippable(mimeType: string): ImageError {
  const isHeif = /^image\/hei[cf]$/.test(mimeType);
  const what = isHeif ? `a ${mimeType.slice(6).toUpperCase()} image` : mimeType;
  const conversion = isHeif ? 'heif-convert photo.heic photo.jpg' : 'magick FILE picture.png';
  return new ImageError(`metadata cannot be removed from ${what} without re-encoding it`, {
    hint: `Make a picture of another format first: ${conversion}`,
  });
}
