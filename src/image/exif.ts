import type { ReadAt } from './readable.ts';

/** What matters here of EXIF data. */
export interface Exif {
  /** 1 to 8; 1, upright, where it is not told or makes no sense. */
  readonly orientation: number;
  /** Whether it says anything of where the picture was taken. */
  readonly hasGps: boolean;
  readonly hasThumbnail: boolean;
}

/** What EXIF data begins with in a JPEG, and by mistake in some other files. */
export const exifPrefix = 'Exif\0\0';

/**
 * Reads EXIF data lying from `start` to `end`, with or without its prefix. Looks at three directories at most; what lies
 * outside is taken for absent. Layout: https://www.loc.gov/preservation/digital/formats/fdd/fdd000022.shtml (TIFF 6.0),
 * tags: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E (EXIF 3.0)
 */
export function readExif(readAt: ReadAt, start: number, end: number): Exif {
  const tiff = start + (readAt(start, 6).toString('latin1') === exifPrefix ? 6 : 0);
  const within: ReadAt = (offset, length) =>
    readAt(tiff + offset, Math.max(0, Math.min(length, end - tiff - offset)));
  const order = byteOrder(within(0, 8));
  if (order === undefined) return { orientation: 1, hasGps: false, hasThumbnail: false };

  const { entries, next } = directory(within, order, order.u32(within(0, 8), 4));
  const gps = entries.find((entry) => order.u16(entry, 0) === gpsDirectory);
  return {
    orientation: orientation(entries, order),
    // GPSVersionID, tag 0, says nothing by itself.
    hasGps:
      gps !== undefined &&
      directory(within, order, order.u32(gps, 8)).entries.some((entry) => order.u16(entry, 0) !== 0),
    hasThumbnail: next !== 0 && directory(within, order, next).entries.length > 0,
  };
}

interface ByteOrder {
  u16(bytes: Buffer, at: number): number;
  u32(bytes: Buffer, at: number): number;
}

const orientationTag = 0x0112;
const gpsDirectory = 0x8825;
const short = 3;

function byteOrder(head: Buffer): ByteOrder | undefined {
  if (head.length < 8) return undefined;
  switch (head.toString('latin1', 0, 4)) {
    case 'II*\0':
      return { u16: (bytes, at) => bytes.readUInt16LE(at), u32: (bytes, at) => bytes.readUInt32LE(at) };
    case 'MM\0*':
      return { u16: (bytes, at) => bytes.readUInt16BE(at), u32: (bytes, at) => bytes.readUInt32BE(at) };
    default:
      return undefined;
  }
}

/** The entries of 12 bytes that are really there, and where the next directory is; 0 says there is none. */
function directory(within: ReadAt, order: ByteOrder, at: number): { entries: Buffer[]; next: number } {
  const count = within(at, 2);
  if (count.length < 2) return { entries: [], next: 0 };
  const size = order.u16(count, 0) * 12;
  const bytes = within(at + 2, size + 4);
  const entries: Buffer[] = [];
  for (let entry = 0; entry + 12 <= Math.min(size, bytes.length); entry += 12)
    entries.push(bytes.subarray(entry, entry + 12));
  return { entries, next: bytes.length === size + 4 ? order.u32(bytes, size) : 0 };
}

function orientation(entries: readonly Buffer[], order: ByteOrder): number {
  const entry = entries.find((candidate) => order.u16(candidate, 0) === orientationTag);
  if (entry === undefined || order.u16(entry, 2) !== short || order.u32(entry, 4) !== 1) return 1;
  const value = order.u16(entry, 8);
  return value >= 1 && value <= 8 ? value : 1;
}
