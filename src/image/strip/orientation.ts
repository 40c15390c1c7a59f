import { type Exif, readExif } from '../exif.ts';
import type { ReadAt } from '../readable.ts';

/** EXIF data that says nothing but how to turn the picture: one directory with one entry, most significant byte first. */
export function orientationOnly(orientation: number): Buffer {
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex');
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}

/**
 * What a file's EXIF data becomes, and what goes with it; only the first data of a file counts, as for other readers.
 * `replacement` is undefined where nothing need stay; `removed` is empty where the data is that replacement already.
 */
export function reduceExif(readAt: ReadAt, start: number, end: number) {
  const exif = readExif(readAt, start, end);
  const replacement = exif.orientation === 1 ? undefined : orientationOnly(exif.orientation);
  const isReduced = replacement?.length === end - start && replacement.equals(readAt(start, end - start));
  return { replacement, removed: isReduced ? [] : contentsOf(exif) };
}

function contentsOf({ hasGps, hasThumbnail }: Exif): string[] {
  return ['EXIF', ...(hasGps ? ['GPS position'] : []), ...(hasThumbnail ? ['thumbnail'] : [])];
}
