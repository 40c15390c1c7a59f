import type { Format } from './format.ts';
import { formats } from './formats.ts';

/** Names formats that sit in a general container: RIFF, ISO base media (`ftyp`) and EBML. */
export function identifyMediaContainer(bytes: Buffer): Format | undefined {
  const start = bytes.toString('latin1', 0, 64);
  if (start.startsWith('RIFF')) return riffForms[start.slice(8, 12)];
  if (start.startsWith('\x1aE\xdf\xa3')) return start.includes('webm') ? formats.webm : formats.mkv;
  // Boxes begin with their size, which in prose would be four letters.
  if (/^[\t\n\r -~]{4}/.test(start)) return undefined;
  if (start.startsWith('ftyp', 4)) return identifyBrands(bytes);
  return /^.{4}(?:moov|mdat|wide|free|skip|pnot)/s.test(start) ? formats.mov : undefined;
}

const riffForms: Readonly<Record<string, Format>> = {
  'AVI ': formats.avi,
  WAVE: formats.wav,
  ACON: formats.cursor,
};

/**
 * A major brand says what a file is; the general ones (`mif1`, `msf1`) are told apart by the compatible brands.
 * Brands: https://nokiatech.github.io/heif/technical.html and https://aomediacodec.github.io/av1-avif/#brands
 */
function identifyBrands(bytes: Buffer): Format {
  const end = bytes.length < 4 ? 0 : Math.min(bytes.readUInt32BE(0), bytes.length);
  const major = bytes.toString('latin1', 8, 12);
  const compatible: string[] = [];
  for (let at = 16; at + 4 <= end; at += 4) compatible.push(bytes.toString('latin1', at, at + 4));

  const byMajor = codecBrands[major] ?? videoBrand(major);
  if (byMajor !== undefined) return byMajor;
  const codecs = new Set(compatible.map((brand) => codecBrands[brand]));
  const isGeneral = generalBrands.has(major);
  if (codecs.has(formats.avif)) return formats.avif;
  if (codecs.has(formats.heic)) return isGeneral ? formats.heif : formats.heic;
  const other = [...codecs].find((format) => format !== undefined);
  if (other !== undefined) return other;
  return isGeneral || compatible.some((brand) => generalBrands.has(brand)) ? formats.heif : formats.mp4;
}

/** Brands that name the codec; those that end in s are of sequences. */
const codecBrands: Readonly<Record<string, Format>> = {
  ...brands('heic heix heim heis hevc hevx hevm hevs', formats.heic),
  ...brands('avif avis', formats.avif),
  ...brands('avci avcs', formats.avci),
  ...brands('vvic vvis', formats.vvic),
  ...brands('j2ki j2is', formats.hej2k),
  ...brands('jpeg jpgs', formats.heifJpeg),
};

const generalBrands = new Set(['mif1', 'msf1', 'mif2', 'msf2']);

function brands(names: string, format: Format): Record<string, Format> {
  return Object.fromEntries(names.split(' ').map((name) => [name, format]));
}

function videoBrand(major: string): Format | undefined {
  if (major === 'crx ') return formats.raw; // Canon CR3
  if (major === 'qt  ') return formats.mov;
  if (/^M4[ABP] $|^F4A $/.test(major)) return formats.m4a;
  return /^3g/.test(major) ? formats.threeGp : undefined;
}
