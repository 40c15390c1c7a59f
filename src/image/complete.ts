import { endOfImage } from './dimensions/jpeg.ts';
import type { Readable } from './readable.ts';
import { jpegSegments } from './strip/jpeg-segments.ts';

/**
 * Whether a PNG, JPEG, WebP or HEIC file is certain to be cut short: its own structure promises more than there is. What
 * comes after the end does not count. False for any other file, one that does not follow its format or cannot be read, and
 * one cut where nothing tells, as behind a thumbnail's end of image. Reads a few bytes of a file that is complete, and
 * never throws.
 */
export function endsEarly(readable: Readable, mimeType: string): boolean {
  try {
    return checks[mimeType]?.(readable) ?? false;
  } catch {
    return false; // It does not follow its format, or cannot be read: others say so, and better.
  }
}

type Check = (readable: Readable) => boolean;

const checks: Readonly<Record<string, Check>> = {
  'image/png': pngEndsEarly,
  'image/jpeg': jpegEndsEarly,
  'image/webp': webpEndsEarly,
  'image/heic': heifEndsEarly,
  'image/heif': heifEndsEarly,
};

/** Of chunks, segments or boxes: real files have fewer, a hostile one ends here. */
const mostParts = 10_000;

/** The last chunk is IEND, and empty: https://www.w3.org/TR/png-3/#11IEND. Its checksum is not missed. */
function pngEndsEarly({ readAt, bytes }: Readable): boolean {
  if (readAt(Math.max(0, bytes - 12), 12).toString('latin1') === '\0\0\0\0IEND\xae\x42\x60\x82') return false;
  if (readAt(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') return false;
  let at = 8;
  for (let part = 0; part < mostParts; part += 1) {
    const head = readAt(at, 8);
    if (head.length < 8) return true;
    const type = head.toString('latin1', 4, 8);
    if (type === 'IEND' || !/^[A-Za-z]{4}$/.test(type)) return false;
    at += 12 + head.readUInt32BE(0);
  }
  return false;
}

/** The last marker is EOI: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.1. Reads all where it is not the last bytes. */
function jpegEndsEarly({ readAt, bytes }: Readable): boolean {
  if (readAt(Math.max(0, bytes - 2), 2).toString('latin1') === '\xff\xd9') return false;
  if (readAt(0, 2).toString('latin1') !== '\xff\xd8') return false;
  let parts = 0;
  for (const { marker } of jpegSegments(readAt, bytes)) {
    parts += 1;
    if (marker === endOfImage || parts > mostParts) return false;
  }
  return true;
}

/** The size of all that follows comes first: https://developers.google.com/speed/webp/docs/riff_container */
function webpEndsEarly({ readAt, bytes }: Readable): boolean {
  const head = readAt(0, 12);
  if (!/^RIFF.{4}WEBP$/s.test(head.toString('latin1'))) return false;
  const size = head.readUInt32LE(4);
  return size <= mostRiffBytes && size + 8 > bytes;
}

/** What is larger no decoder takes: it stands for a size that was never filled in. */
const mostRiffBytes = 2 ** 32 - 10;

/**
 * Boxes follow each other; see ISO/IEC 14496-12, 4.2. Only those an image is made of count: another may be something
 * appended that merely looks like a box, and one that says it goes on to the end always does.
 */
function heifEndsEarly({ readAt, bytes }: Readable): boolean {
  if (readAt(4, 4).toString('latin1') !== 'ftyp') return false;
  let at = 0;
  for (let part = 0; part < mostParts; part += 1) {
    const head = readAt(at, 16);
    if (head.length < 8) return false;
    const short = head.readUInt32BE(0);
    const type = head.toString('latin1', 4, 8);
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
    if (length < 8) return false;
    at += length;
    if (at > bytes) return imageBoxes.has(type);
  }
  return false;
}

const imageBoxes: ReadonlySet<string> = new Set(['ftyp', 'meta', 'mdat', 'moov', 'moof']);
