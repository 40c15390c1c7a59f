import type { Format } from './format.ts';
import { formats } from './formats.ts';

/**
 * Names binary formats by the text their bytes would be in Latin-1, and those without a clear one by their structure.
 * Signatures: https://en.wikipedia.org/wiki/List_of_file_signatures
 */
export function identifyBinary(bytes: Buffer): Format | undefined {
  const text = bytes.toString('latin1', 0, 512);
  const found =
    signatures.find(([, signature, offset = 0]) => text.startsWith(signature, offset)) ??
    structures.find(([, fits]) => fits(bytes, text));
  return found && formats[found[0]];
}

type Signature = readonly [format: keyof typeof formats, text: string, offset?: number];

// Each has a character that prose has not, or is unlikely to begin it.
const signatures: readonly Signature[] = [
  ['iphonePng', '\x89PNG\r\n\x1a\n'], // All others are among the usual.
  ['jls', '\xff\xd8\xff\xf7'],
  ['jxl', '\xff\x0a'],
  ['jxl', '\0\0\0\x0cJXL \r\n\x87\n'],
  ['jpx', '\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjpx '],
  ['jpm', '\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjpm '],
  ['jp2', '\0\0\0\x0cjP  \r\n\x87\n'],
  ['j2k', '\xff\x4f\xff\x51'],
  ['psd', '8BPS\0\x01'],
  ['psd', '8BPS\0\x02'], // PSB
  ['xcf', 'gimp xcf file\0'],
  ['xcf', 'gimp xcf v0'],
  ['pdf', '%PDF-'],
  ['postScript', '%!PS'],
  ['postScript', '\xc5\xd0\xd3\xc6'], // EPS with a preview
  ['raw', 'FUJIFILMCCD-RAW'],
  ['raw', 'FOVb'], // Sigma X3F
  ['raw', '\0MRM'], // Minolta MRW
  ['raw', 'IIRO\x08\0'], // Olympus ORF, in three kinds
  ['raw', 'IIRS\x08\0'],
  ['raw', 'MMOR\0\0'],
  ['rawWithJpeg', 'IIU\0'], // Panasonic RW2
  ['rawWithJpeg', 'HEAPCCDR', 6], // Canon CRW
  ['jxr', 'II\xbc\x01'],
  ['qoi', 'qoif\0'],
  ['exr', '\x76\x2f\x31\x01'],
  ['hdr', '#?RADIANCE\n'],
  ['hdr', '#?RGBE\n'],
  ['dds', 'DDS \x7c\0\0\0'],
  ['fits', 'SIMPLE  =  '],
  ['dicom', 'DICM\x02\0', 128],
  ['dpx', 'SDPX\0'],
  ['dpx', 'XPDS'],
  ['sun', '\x59\xa6\x6a\x95'],
  ['jng', '\x8bJNG\r\n\x1a\n'],
  ['mng', '\x8aMNG\r\n\x1a\n'],
  ['djvu', 'AT&TFORM'],
  ['icns', 'icns\0'],
  ['wmf', '\xd7\xcd\xc6\x9a'],
  ['wmf', '\x01\0\x09\0\0\x03'],
  ['emf', ' EMF\0\0\x01\0', 40],

  ['mpeg', '\0\0\x01\xba'],
  ['mpeg', '\0\0\x01\xb3'],
  ['flv', 'FLV\x01'],
  ['asf', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
  ['mp3', 'ID3\x02'],
  ['mp3', 'ID3\x03'],
  ['mp3', 'ID3\x04'],
  ['ogg', 'OggS\0'],
  ['flac', 'fLaC\0'],
  ['flac', 'fLaC\x80'],

  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'], // empty
  ['zip', 'PK\x07\x08'], // in parts
  ['sevenZip', '7z\xbc\xaf\x27\x1c'],
  ['rar', 'Rar!\x1a\x07'],
  ['tar', 'ustar\0', 257],
  ['tar', 'ustar  \0', 257],
  ['gzip', '\x1f\x8b\x08'],
  ['bzip2', '1AY&SY', 4],
  ['xz', '\xfd7zXZ\0'],
  ['zstd', '\x28\xb5\x2f\xfd'],

  ['propertyList', 'bplist00'],
  ['shortcut', '\x4c\0\0\0\x01\x14\x02\0'], // Windows
  ['shortcut', 'book\0\0\0\0mark'], // macOS
  ['appleDouble', '\0\x05\x16\x07'],
  ['appleDouble', '\0\x05\x16\0'],
  ['dsStore', '\0\0\0\x01Bud1'],
  ['ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
];

type Structure = readonly [format: keyof typeof formats, fits: (bytes: Buffer, text: string) => boolean];

const structures: readonly Structure[] = [
  // A text about GIF files has no unprintable character where a GIF file has its size.
  ['gif', (_, text) => /^GIF8[79]a.{0,6}[^\s -~]/s.test(text)],
  // A kind, comments, and numbers: https://netpbm.sourceforge.net/doc/pnm.html
  ['pbm', (_, text) => /^P[14]\s(?:\s*#.*\n)*\s*\d+\s+\d+\s/.test(text)],
  ['pgm', (_, text) => /^P[25]\s(?:\s*#.*\n)*\s*\d+\s+\d+\s+\d+\s/.test(text)],
  ['ppm', (_, text) => /^P[36]\s(?:\s*#.*\n)*\s*\d+\s+\d+\s+\d+\s/.test(text)],
  ['pfm', (_, text) => /^P[Ff]\s\d+\s\d+\s-?[\d.]+\s/.test(text)],
  ['pam', (_, text) => /^P7\n(?:#.*\n)*(?:WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE) /.test(text)],
  ['bmp', (bytes, text) => text.startsWith('BM') && hasBitmapHeader(bytes, 14)],
  // An array of bitmaps: https://www.fileformat.info/format/os2bmp/egff.htm
  ['bmp', (bytes, text) => /^BA.{12}(?:BM|IC|PT|CI|CP)/s.test(text) && hasBitmapHeader(bytes, 28)],
  ['ico', isIcon],
  ['pcx', isPcx],
  ['sgi', isSgi],
  ['mpegTs', (bytes) => isTransportStream(bytes, 0) || isTransportStream(bytes, 4)],
];

/** The header says its own size: 12 is OS/2 1, 16 to 64 OS/2 2, 40 and up Windows. */
function hasBitmapHeader(bytes: Buffer, at: number): boolean {
  if (at + 4 > bytes.length) return false;
  const size = bytes.readUInt32LE(at);
  return size === 12 || (size >= 16 && size <= 64) || size === 108 || size === 124;
}

/** Icons and cursors: a kind, a count, and a list of pictures that lie after the list. */
function isIcon(bytes: Buffer): boolean {
  if (bytes.length < 22 || bytes.readUInt16LE(0) !== 0) return false;
  const [kind, count] = [bytes.readUInt16LE(2), bytes.readUInt16LE(4)];
  return (kind === 1 || kind === 2) && count > 0 && bytes.readUInt32LE(18) >= 6 + 16 * count;
}

/** A version, run-length coding, and a number of bits that is a power of two. */
function isPcx(bytes: Buffer): boolean {
  const [maker, version = 0, encoding = 0, bits = 0] = bytes;
  return maker === 10 && version <= 5 && encoding <= 1 && [1, 2, 4, 8].includes(bits) && bytes[64] === 0;
}

/** A magic number, then coding, bytes of a channel and, as two bytes, the number of dimensions. */
function isSgi([one, two, coding = 2, channel, high, dimensions = 0]: Buffer): boolean {
  if (one !== 1 || two !== 0xda || coding > 1 || high !== 0) return false;
  return (channel === 1 || channel === 2) && dimensions >= 1 && dimensions <= 3;
}

/** Packets of 188 bytes that each begin with a G; films from cameras have four bytes before each. */
function isTransportStream(bytes: Buffer, start: number): boolean {
  return [0, 1, 2, 3].every((packet) => bytes[start + packet * (188 + start)] === 0x47);
}
