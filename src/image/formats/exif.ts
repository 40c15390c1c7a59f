import type { ReadAt } from '../bytes.ts';

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

  const { entries, next } = readDirectory(within, order, order.u32(within(0, 8), 4));
  const gps = entries.find(({ tag }) => tag === gpsDirectory);
  const isPlace =
    gps && readDirectory(within, order, gps.value).entries.some(({ tag }) => tag !== gpsVersion);
  return {
    orientation: orientationOf(entries),
    hasGps: isPlace ?? false,
    hasThumbnail: next !== 0 && readDirectory(within, order, next).entries.length > 0,
  };
}

const orientationTag = 0x0112;
const gpsDirectory = 0x8825;
/** Says nothing by itself. */
const gpsVersion = 0;

/** How the numbers of a TIFF file, or of EXIF data, are written. */
export interface ByteOrder {
  u16(bytes: Buffer, at: number): number;
  u32(bytes: Buffer, at: number): number;
}

/** By the first four of eight bytes; undefined where they are not those of TIFF. */
export function byteOrder(head: Buffer): ByteOrder | undefined {
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

/** One field of a directory. */
export interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** The first number where one or two short ones are in place, else a long number or the place of more. */
  readonly value: number;
}

/** The type of 16-bit numbers. */
export const short = 3;

/** Reads the entries of 12 bytes that are really there, and where the next directory is; 0 says there is none. */
export function readDirectory(
  within: ReadAt,
  { u16, u32 }: ByteOrder,
  at: number,
): { readonly entries: readonly Entry[]; readonly next: number } {
  const count = within(at, 2);
  if (count.length < 2) return { entries: [], next: 0 };
  const size = u16(count, 0) * 12;
  const bytes = within(at + 2, size + 4);
  const entries: Entry[] = [];
  for (let entry = 0; entry + 12 <= Math.min(size, bytes.length); entry += 12) {
    const type = u16(bytes, entry + 2);
    const value = type === short ? u16(bytes, entry + 8) : u32(bytes, entry + 8);
    entries.push({ tag: u16(bytes, entry), type, count: u32(bytes, entry + 4), value });
  }
  return { entries, next: bytes.length === size + 4 ? u32(bytes, size) : 0 };
}

/** EXIF's orientation; 1 where it is not told or makes no sense. */
export function orientationOf(entries: readonly Entry[]): number {
  const { type, count, value = 1 } = entries.find(({ tag }) => tag === orientationTag) ?? {};
  return type === short && count === 1 && value >= 1 && value <= 8 ? value : 1;
}

/**
 * What a file's EXIF data becomes, and what goes with it; only the first data of a file counts, as for other readers.
 * `replacement` is undefined where nothing need stay; `removed` is empty where the data is that replacement already.
 */
export function reduceExif(readAt: ReadAt, start: number, end: number) {
  const { orientation, hasGps, hasThumbnail } = readExif(readAt, start, end);
  const replacement = orientation === 1 ? undefined : orientationOnly(orientation);
  const isReduced = replacement?.length === end - start && replacement.equals(readAt(start, end - start));
  const contents = ['EXIF', ...(hasGps ? ['GPS position'] : []), ...(hasThumbnail ? ['thumbnail'] : [])];
  return { replacement, removed: isReduced ? [] : contents };
}

/** EXIF data that says nothing but how to turn the picture: one directory with one entry, most significant byte first. */
export function orientationOnly(orientation: number): Buffer {
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex');
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}
