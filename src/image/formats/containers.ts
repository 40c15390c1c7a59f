import { byteOrder, type Entry, readDirectory } from './exif.ts';
import type { Format } from './image-format.ts';
import { formats } from './signatures.ts';

/**
 * Recognises what sits in an ISO base media file (`ftyp`). A major brand says what a file is; the general ones (`mif1`,
 * `msf1`) are told apart by the compatible brands.
 * Brands: https://nokiatech.github.io/heif/technical.html and https://aomediacodec.github.io/av1-avif/#brands
 */
export function recogniseBrand(bytes: Buffer): Format | undefined {
  const start = bytes.toString('latin1', 0, 12);
  // Boxes begin with their size, which in prose would be four letters.
  if (!start.startsWith('ftyp', 4) || /^[\t\n\r -~]{4}/.test(start)) return undefined;
  const end = Math.min(bytes.readUInt32BE(0), bytes.length);
  const major = start.slice(8);
  const byMajor = codecBrands[major] ?? videoBrand(major);
  if (byMajor !== undefined) return byMajor;
  const compatible: string[] = [];
  // Of the low-overhead format, the minor version is the codec's brand.
  for (let at = major === 'mif3' ? 12 : 16; at + 4 <= end; at += 4)
    compatible.push(bytes.toString('latin1', at, at + 4));
  const codecs = new Set(compatible.map((brand) => codecBrands[brand]));
  const isGeneral = generalBrands.has(major);
  if (codecs.has(formats.avif)) return formats.avif;
  if (codecs.has(formats.heic)) return isGeneral ? formats.heif : formats.heic;
  const other = [...codecs].find((format) => format !== undefined);
  if (other !== undefined) return other;
  return isGeneral || compatible.some((brand) => generalBrands.has(brand)) ? formats.heif : formats.mp4;
}

/** Brands that name the codec; those that end in s are of sequences. */
const codecBrands: Readonly<Record<string, Format>> = Object.fromEntries(
  [
    ['heic heix heim heis hevc hevx hevm hevs', formats.heic] as const,
    ['avif avis', formats.avif] as const,
    ['avci avcs', formats.avci] as const,
    ['vvic vvis', formats.vvic] as const,
    ['j2ki j2is', formats.hej2k] as const,
    ['jpeg jpgs', formats.heifJpeg] as const,
  ].flatMap(([names, format]) => names.split(' ').map((name) => [name, format])),
);

const generalBrands = new Set(['mif1', 'msf1', 'mif2', 'msf2', 'mif3']);

function videoBrand(major: string): Format | undefined {
  if (major === 'crx ') return formats.raw; // Canon CR3
  if (major === 'qt  ') return formats.mov;
  if (/^M4[ABP] $|^F4A $/.test(major)) return formats.m4a;
  return major.startsWith('3g') ? formats.threeGp : undefined;
}

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
