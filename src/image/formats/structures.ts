/** A text about GIF files has no unprintable character where a GIF file has its size. */
export function isGif(_: Buffer, text: string): boolean {
  return /^GIF8[79]a.{0,6}[^\s -~]/s.test(text);
}

/** Older QuickTime files have no brand. Boxes begin with their size, which in prose would be four letters. */
export function isMovie(_: Buffer, text: string): boolean {
  return /^(?![\t\n\r -~]{4}).{4}(?:moov|mdat|wide|free|skip|pnot)/s.test(text);
}

/** The netpbm formats: a kind, comments, and so many numbers. https://netpbm.sourceforge.net/doc/pnm.html */
export const bitmapNumbers = /^P[14]\s(?:\s*#.*\n)*\s*\d+\s+\d+\s/;
export const grayNumbers = /^P[25]\s(?:\s*#.*\n)*\s*\d+\s+\d+\s+\d+\s/;
export const colourNumbers = /^P[36]\s(?:\s*#.*\n)*\s*\d+\s+\d+\s+\d+\s/;
export const floatNumbers = /^P[Ff]\s\d+\s\d+\s-?[\d.]+\s/;
export const namedNumbers = /^P7\n(?:#.*\n)*(?:WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE) /;

/** EBML, the container of Matroska as well, tells its document type soon: https://www.rfc-editor.org/rfc/rfc8794 */
export function isWebm(_: Buffer, text: string): boolean {
  return text.startsWith('\x1aE\xdf\xa3') && text.slice(0, 64).includes('webm');
}

/** BMP. The header says its own size: 12 is OS/2 1, 16 to 64 OS/2 2, 40 and up Windows. */
export function isBitmap(bytes: Buffer, text: string): boolean {
  // An array of bitmaps has one after a header of its own: https://www.fileformat.info/format/os2bmp/egff.htm
  const isArray = /^BA.{12}(?:BM|IC|PT|CI|CP)/s.test(text);
  const at = isArray ? 28 : 14;
  if ((!isArray && !text.startsWith('BM')) || at + 4 > bytes.length) return false;
  const size = bytes.readUInt32LE(at);
  return size === 12 || (size >= 16 && size <= 64) || size === 108 || size === 124;
}

/** Icons and cursors of Windows: a kind, a count, and a list of pictures that lie after the list. */
export function isIcon(bytes: Buffer): boolean {
  if (bytes.length < 22 || bytes.readUInt16LE(0) !== 0) return false;
  const [kind, count] = [bytes.readUInt16LE(2), bytes.readUInt16LE(4)];
  return (kind === 1 || kind === 2) && count > 0 && bytes.readUInt32LE(18) >= 6 + 16 * count;
}

/** PCX: a version, run-length coding, and a number of bits that is a power of two. */
export function isPcx(bytes: Buffer): boolean {
  const [maker, version = 0, encoding = 0, bits = 0] = bytes;
  return maker === 10 && version <= 5 && encoding <= 1 && [1, 2, 4, 8].includes(bits) && bytes[64] === 0;
}

/** SGI: a magic number, then coding, bytes of a channel and, as two bytes, the number of dimensions. */
export function isSgi([one, two, coding = 2, channel, high, dimensions = 0]: Buffer): boolean {
  if (one !== 1 || two !== 0xda || coding > 1 || high !== 0) return false;
  return (channel === 1 || channel === 2) && dimensions >= 1 && dimensions <= 3;
}

/** MPEG transport streams: packets of 188 bytes that each begin with a G; cameras write four bytes before each. */
export function isTransportStream(bytes: Buffer): boolean {
  return [0, 4].some((before) =>
    [0, 1, 2, 3].every((packet) => bytes[before + packet * (188 + before)] === 0x47),
  );
}
