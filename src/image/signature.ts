import { type Format, formats } from './formats.ts';
import { identifyMediaContainer } from './media-container.ts';
import { identifyText } from './text-signature.ts';

/** How many of a file's first bytes `identify` wants to see. */
export const headBytes = 4096;

/**
 * Names a file's format by its first bytes; undefined where they are of no format known here.
 * Signatures: https://en.wikipedia.org/wiki/List_of_file_signatures
 */
export function identify(head: Uint8Array): Format | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  return identifyBinary(bytes) ?? identifyMediaContainer(bytes) ?? identifyText(bytes);
}

function identifyBinary(bytes: Buffer): Format | undefined {
  const signature = signatures.find(
    ([, text, offset = 0]) => bytes.toString('latin1', offset, offset + text.length) === text,
  );
  if (signature !== undefined) return formats[signature[0]];
  if (isBmp(bytes)) return formats.bmp;
  if (isTiff(bytes)) return tiffOrRaw(bytes);
  return undefined;
}

type Signature = readonly [format: keyof typeof formats, text: string, offset?: number];

const signatures: readonly Signature[] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpeg', '\xff\xd8\xff'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['jxl', '\xff\x0a'],
  ['jxl', '\0\0\0\x0cJXL \r\n\x87\n'],
  ['jp2', '\0\0\0\x0cjP  \r\n\x87\n'],
  ['j2k', '\xff\x4f\xff\x51'],
  ['psd', '8BPS'],
  ['ico', '\0\0\x01\0'],
  ['ico', '\0\0\x02\0'],
  ['pdf', '%PDF-'],
  ['zip', 'PK\x03\x04'],
  ['gzip', '\x1f\x8b'],
  ['propertyList', 'bplist00'],
  ['raw', 'FUJIFILMCCD-RAW'],
  ['raw', 'IIU\0'], // Panasonic RW2
  ['raw', 'IIRO'], // Olympus ORF
];

/** "BM", then a DIB header of a size that exists: 12 is OS/2, 40 and up are Windows. */
function isBmp(bytes: Buffer): boolean {
  if (bytes.length < 18 || bytes.toString('latin1', 0, 2) !== 'BM') return false;
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes.readUInt32LE(14));
}

/** Byte order, then 42, or 43 for BigTIFF. */
function isTiff(bytes: Buffer): boolean {
  return bytes.length >= 8 && ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(bytes.toString('latin1', 0, 4));
}

/** Raw camera formats are TIFF files that say so in their first directory. */
function tiffOrRaw(bytes: Buffer): Format {
  const text = bytes.toString('latin1', 0, headBytes);
  if (hasDngVersion(bytes)) return formats.dng;
  const isCanon = text.startsWith('CR', 8);
  return isCanon || /\0(?:NIKON CORPORATION|SONY)\s*\0/.test(text) ? formats.raw : formats.tiff;
}

/** Looks for the tag DNGVersion (50706) among the entries of the first directory. */
function hasDngVersion(bytes: Buffer): boolean {
  const little = bytes[0] === 0x49;
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const start = little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (start + 2 > bytes.length) return false;
  const entries = u16(start);
  for (let at = start + 2; at < start + 2 + entries * 12 && at + 2 <= bytes.length; at += 12) {
    if (u16(at) === 50706) return true;
  }
  return false;
}
