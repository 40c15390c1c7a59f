import { type Format, formats } from './formats.ts';

/** Names formats that sit in a general container: RIFF, ISO base media (`ftyp`) and EBML. */
export function identifyMediaContainer(bytes: Buffer): Format | undefined {
  if (bytes.toString('latin1', 0, 4) === 'RIFF') return riffForms[bytes.toString('latin1', 8, 12)];
  if (bytes.toString('latin1', 4, 8) === 'ftyp') return identifyBrands(bytes);
  if (bytes.toString('latin1', 0, 4) === '\x1aE\xdf\xa3') {
    return bytes.toString('latin1', 0, 64).includes('webm') ? formats.webm : formats.mkv;
  }
  if (/^(?:moov|mdat|wide|free|skip)$/.test(bytes.toString('latin1', 4, 8))) return formats.mov;
  return undefined;
}

const riffForms: Readonly<Record<string, Format>> = { WEBP: formats.webp, 'AVI ': formats.avi };

/**
 * A major brand says what a file is; the general ones (`mif1`, `msf1`) are told apart by the compatible brands.
 * Brands: https://nokiatech.github.io/heif/technical.html and https://aomediacodec.github.io/av1-avif/#brands
 */
function identifyBrands(bytes: Buffer): Format {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length);
  const major = bytes.toString('latin1', 8, 12);
  const compatible: string[] = [];
  for (let at = 16; at + 4 <= end; at += 4) compatible.push(bytes.toString('latin1', at, at + 4));

  if (avifBrands.has(major)) return formats.avif;
  if (heicBrands.has(major)) return formats.heic;
  if (major === 'crx ') return formats.raw; // Canon CR3
  if (major === 'qt  ') return formats.mov;
  if (compatible.some((brand) => avifBrands.has(brand))) return formats.avif;
  if (heifBrands.has(major)) return formats.heif;
  if (compatible.some((brand) => heicBrands.has(brand))) return formats.heic;
  if (compatible.some((brand) => heifBrands.has(brand))) return formats.heif;
  return formats.mp4;
}

const avifBrands = new Set(['avif', 'avis']);
const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
const heifBrands = new Set(['mif1', 'msf1']);
