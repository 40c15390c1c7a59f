import { byteOrder, type Entry, readDirectory } from './exif.ts';
import type { Format } from './image-format.ts';
import { formats } from './signatures.ts';

/**
 * Recognises TIFF files and, as far as their first directory tells, the raw camera files that are built like one.
 * Tags: https://www.loc.gov/preservation/digital/formats/content/tiff_tags.shtml
 */
export function recogniseTiff(bytes: Buffer): Format | undefined {
  const start = bytes.toString('latin1', 0, 12);
  if (bytes.length >= 8 && /^(?:II\+\0|MM\0\+)/.test(start)) return formats.tiff; // BigTIFF
  const order = byteOrder(bytes);
  if (order === undefined) return undefined;
  if (/CR$|CR..$|I{4}$|M{4}$/s.test(start.slice(8))) return formats.raw; // Canon CR2, Phase One IIQ
  const readAt = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const { entries } = readDirectory(readAt, order, order.u32(bytes, 4));
  if (entries.some(({ tag }) => tag === tags.dngVersion)) return formats.dng;
  return isRaw(entries) ? formats.raw : formats.tiff;
}

const tags = { newSubfileType: 254, compression: 259, photometric: 262, make: 271, dngVersion: 50706 };

/**
 * A camera's name alone does not make a raw file: cameras and their makers' programs write plain TIFF, too. In a raw file
 * the first picture is a thumbnail, or it is coded or coloured as no plain TIFF is.
 */
function isRaw(entries: readonly Entry[]): boolean {
  const firstValue = (wanted: number) => entries.find(({ tag }) => tag === wanted)?.value;
  if (firstValue(tags.make) === undefined) return false;
  const isThumbnail = ((firstValue(tags.newSubfileType) ?? 0) & 1) === 1;
  return (
    isThumbnail ||
    rawCompressions.includes(firstValue(tags.compression) ?? 0) ||
    rawColours.includes(firstValue(tags.photometric) ?? 0)
  );
}

/** Sony, Samsung, Nikon, Kodak and Pentax. */
const rawCompressions = [32767, 32769, 32770, 34713, 65000, 65535];
/** A colour filter array, and linear raw. */
const rawColours = [32803, 34892];
