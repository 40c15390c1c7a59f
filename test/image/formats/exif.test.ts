import { describe, expect, it } from 'vitest';
import { readExif } from '../../../src/image/formats/exif.ts';

describe.each(['little', 'big'] as const)('EXIF data in %s-endian order', (order) => {
  it('tells each orientation', () => {
    for (let orientation = 1; orientation <= 8; orientation += 1)
      expect(exifOf(tiff(order, [[0x0112, 3, 1, orientation]]))).toMatchObject({ orientation });
  });

  it('is upright where the orientation makes no sense', () => {
    const entries: readonly Entry[] = [
      [0x0112, 3, 1, 0],
      [0x0112, 3, 1, 9],
      [0x0112, 3, 1, 65535],
      [0x0112, 4, 1, 6], // a long number
      [0x0112, 2, 1, 6], // text
      [0x0112, 3, 2, 6], // two numbers
      [0x0112, 3, 0, 6],
    ];
    expect(entries.map((entry) => exifOf(tiff(order, [entry])).orientation)).toEqual(entries.map(() => 1));
  });

  it('may have the prefix of JPEG, and lies anywhere', () => {
    const data = tiff(order, [[0x0112, 3, 1, 6]]);
    const bytes = Buffer.concat([Buffer.alloc(99), Buffer.from('Exif\0\0'), data, Buffer.alloc(9)]);
    const readAt = (offset: number, length: number) => bytes.subarray(offset, offset + length);
    expect(readExif(readAt, 99, bytes.length - 9).orientation).toBe(6);
    expect(readExif(readAt, 99, 99 + 20).orientation).toBe(1);
  });

  it('tells of a place where the GPS directory has more than a version', () => {
    const version: Entry = [0, 1, 4, 0];
    const latitude: Entry = [2, 5, 3, 0];
    const withGps = (...entries: readonly Entry[]) =>
      exifOf(Buffer.concat([tiff(order, [[0x8825, 4, 1, 26]]), directory(order, entries)]));
    expect(withGps(version).hasGps).toBe(false);
    expect(withGps(version, latitude).hasGps).toBe(true);
    expect(withGps().hasGps).toBe(false);
  });

  it('tells of a thumbnail where a second directory follows', () => {
    const first = (next: number) => tiff(order, [[0x0112, 3, 1, 6]], next);
    const second = directory(order, [[0x0103, 3, 1, 6]]);
    expect(exifOf(Buffer.concat([first(26), second])).hasThumbnail).toBe(true);
    expect(exifOf(Buffer.concat([first(0), second])).hasThumbnail).toBe(false);
    expect(exifOf(first(26)).hasThumbnail).toBe(false);
  });

  it('survives directories anywhere', () => {
    for (const at of [0xffffffff, 0x7fffffff, 1000, 27, 8, 0]) {
      const bytes = tiff(order, [
        [0x0112, 3, 1, 6],
        [0x8825, 4, 1, at],
      ]);
      for (const data of [bytes, tiff(order, [[0x0112, 3, 1, 6]], at), tiff(order, [], 0, at)])
        expect([1, 6]).toContain(exifOf(data).orientation);
    }
  });

  it('reads what is there of a directory that says it is longer', () => {
    const bytes = tiff(order, [[0x0112, 3, 1, 6]]);
    bytes.fill(0xff, 8, 10);
    expect(exifOf(bytes)).toEqual({ orientation: 6, hasGps: false, hasThumbnail: false });
  });

  it('says nothing wherever it is cut', () => {
    const bytes = tiff(order, [[0x0112, 3, 1, 6]]);
    for (let length = 0; length < 22; length += 1)
      expect(exifOf(bytes.subarray(0, length)).orientation).toBe(1);
    expect(exifOf(bytes.subarray(0, 22)).orientation).toBe(6);
  });
});

it('makes nothing of what is no EXIF data', () => {
  for (const text of ['XX*\0\0\0\0\x08', 'II\0*\x08\0\0\0', '', 'Exif\0\0'])
    expect(exifOf(Buffer.from(text))).toEqual({ orientation: 1, hasGps: false, hasThumbnail: false });
});

type Order = 'little' | 'big';
type Entry = [tag: number, type: number, count: number, value: number];

/** A TIFF header and, right behind it, its first directory. */
function tiff(order: Order, entries: readonly Entry[], next = 0, first = 8): Buffer {
  const head = Buffer.concat([Buffer.from(order === 'little' ? 'II*\0' : 'MM\0*'), u32(order, first)]);
  return Buffer.concat([head, directory(order, entries, next)]);
}

function directory(order: Order, entries: readonly Entry[], next = 0): Buffer {
  const parts = entries.flatMap(([tag, type, count, value]) => [
    u16(order, tag),
    u16(order, type),
    u32(order, count),
    type === 3 ? Buffer.concat([u16(order, value), Buffer.alloc(2)]) : u32(order, value),
  ]);
  return Buffer.concat([u16(order, entries.length), ...parts, u32(order, next)]);
}

function u16(order: Order, value: number): Buffer {
  const bytes = Buffer.from([value >>> 8, value & 0xff]);
  return order === 'little' ? bytes.reverse() : bytes;
}

function u32(order: Order, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return order === 'little' ? bytes.reverse() : bytes;
}

function exifOf(bytes: Buffer) {
  return readExif((offset, length) => bytes.subarray(offset, offset + length), 0, bytes.length);
}
