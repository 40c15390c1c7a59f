import { recogniseBrand } from './containers.ts';
import { sniff } from './fast-sniff.ts';
import type { Format } from './image-format.ts';
import { formats } from './signatures.ts';

/** Recognises a damaged image: other bytes come first, it was treated as text, or it is all zeros. */
export function recogniseDamage(bytes: Buffer): Format | undefined {
  if (bytes.length >= 16 && bytes.every((byte) => byte === 0)) return formats.zeros;
  return imageBehindJunk(bytes) ?? imageTakenForText(bytes);
}

/**
 * An image after other bytes, as where a server's script printed something first. Other files hold images as well, such as
 * previews: what comes first must be text, or short.
 */
function imageBehindJunk(bytes: Buffer): Format | undefined {
  const text = bytes.toString('latin1');
  for (const { index } of text.matchAll(beginnings)) {
    const format = sendableImage(bytes.subarray(index));
    if (format === undefined || index === 0) continue;
    if (index > longestBinaryJunk && /[^\s -~\x80-\xff]/.test(text.slice(0, index))) return undefined;
    return {
      ...format,
      name: `${format.name} with ${index} other ${index === 1 ? 'byte' : 'bytes'} before it`,
      sendable: false,
      conversion: `tail -c +${index + 1} {in} > fixed.${format.mimeType.slice('image/'.length)}`,
      sharp: undefined,
    };
  }
  return undefined;
}

/** MacBinary puts 128 bytes before a file. */
const longestBinaryJunk = 256;

/**
 * The first bytes of each format that is sent; of HEIC, the size of its first box. After 0xC2 a PNG's first byte is a
 * character of UTF-8, which is damage of another kind.
 */
const beginnings =
  /(?<!\xc2)\x89PNG\r\n[^\s -~]\n\0{3}\rIHDR|\xff\xd8\xff|RIFF(?=.{4}WEBPVP8)|\0{3}.(?=ftyp)/gs;

function sendableImage(bytes: Buffer): Format | undefined {
  const format = sniff(bytes) ?? recogniseBrand(bytes);
  if (!format?.sendable) return undefined;
  return format === formats.jpeg && !hasJpegSegment(bytes) ? undefined : format;
}

/** Three bytes can be chance: a JPEG goes on with a segment that says what it is, or is followed by another. */
function hasJpegSegment(bytes: Buffer): boolean {
  if (bytes.length < 12 || !isSegment(bytes[3])) return false;
  const next = 4 + bytes.readUInt16BE(4);
  if (/^(?:JFIF|Exif|http)/.test(bytes.toString('latin1', 6, 10))) return true;
  return next > 6 && bytes[next] === 0xff && isSegment(bytes[next + 1]);
}

/** Frames, tables, application data and comments: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1. */
function isSegment(marker: number | undefined): boolean {
  return marker !== undefined && /[\xc0-\xcf\xda-\xdd\xe0-\xef\xfe]/.test(String.fromCharCode(marker));
}

/**
 * An image that was taken for text: its line ends were changed, or its bytes were decoded as one character set and encoded
 * as another. UTF-16 is what PowerShell's `>` makes.
 */
function imageTakenForText(bytes: Buffer): Format | undefined {
  const text = bytes.toString('latin1', 0, 128).replaceAll('\0', '');
  return mangled.find(([pattern]) => pattern.test(text))?.[1];
}

const mangled: readonly (readonly [pattern: RegExp, format: Format])[] = [
  [/^.{1,4}PNG[\r\n]{1,3}[^\s -~]/s, formats.brokenPng],
  // The first byte is 0xFF, in UTF-8, as U+FFFD in UTF-8, or after a byte order mark.
  [/^(?:\xc3\xbf|\xef\xbf\xbd|\xff\xfe).{3,16}(?:JFIF|Exif)/s, formats.brokenJpeg],
  [/^(?:\xef\xbf\xbd){4}C/, formats.brokenJpeg], // begins with a table
  [/^(?:\xff\xfe|\xef\xbb\xbf)?RIFF.{2,12}WEBPVP8/s, formats.brokenWebp],
];
