import type { Format } from './format.ts';
import { formats } from './formats.ts';

/**
 * Names TIFF files and, as far as their first directory tells, the raw camera files that are built like one.
 * Tags: https://www.loc.gov/preservation/digital/formats/content/tiff_tags.shtml
 */
export function identifyTiff(bytes: Buffer): Format | undefined {
  if (bytes.length < 8) return undefined;
  const start = bytes.toString('latin1', 0, 12);
  if (/^(?:II\+\0|MM\0\+)/.test(start)) return formats.tiff; // BigTIFF
  if (!/^(?:II\*\0|MM\0\*)/.test(start)) return undefined;
  if (/CR$|CR..$|I{4}$|M{4}$/s.test(start.slice(8))) return formats.raw; // Canon CR2, Phase One IIQ
  const tags = firstDirectory(bytes);
  if (tags.has(tag.dngVersion)) return formats.dng;
  return isRaw(tags) ? formats.raw : formats.tiff;
}

const tag = { newSubfileType: 254, compression: 259, photometric: 262, make: 271, dngVersion: 50706 };

/**
 * A camera's name alone does not make a raw file: cameras and their makers' programs write plain TIFF, too. In a raw file
 * the first picture is a thumbnail, or it is coded or coloured as no plain TIFF is.
 */
function isRaw(tags: ReadonlyMap<number, number>): boolean {
  if (!tags.has(tag.make)) return false;
  const isThumbnail = ((tags.get(tag.newSubfileType) ?? 0) & 1) === 1;
  return (
    isThumbnail ||
    rawCompressions.includes(tags.get(tag.compression) ?? 0) ||
    rawColours.includes(tags.get(tag.photometric) ?? 0)
  );
}

/** Sony, Samsung, Nikon, Kodak and Pentax. */
const rawCompressions = [32767, 32769, 32770, 34713, 65000, 65535];
/** A colour filter array, and linear raw. */
const rawColours = [32803, 34892];

/** The tags of the first directory that lie in the bytes, with their first value where it is a number in place. */
function firstDirectory(bytes: Buffer): Map<number, number> {
  const little = bytes[0] === 0x49;
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const tags = new Map<number, number>();
  const start = u32(4);
  if (start + 2 > bytes.length) return tags;
  const end = Math.min(start + 2 + 12 * u16(start), bytes.length);
  for (let at = start + 2; at + 12 <= end; at += 12) {
    const isShort = u16(at + 2) === 3;
    tags.set(u16(at), isShort ? u16(at + 8) : u32(at + 8));
  }
  return tags;
}
