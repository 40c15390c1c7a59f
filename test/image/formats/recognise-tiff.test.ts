import { describe, expect, it } from 'vitest';
import { recognise } from '../../../src/image/formats/recognise.ts';

type Entry = readonly [tag: number, type: number, value: number];

const short = 3;
const long = 4;
const thumbnail: Entry = [254, long, 1];
const whole: Entry = [254, long, 0];
const make: Entry = [271, 2, 200];
const subDirectories: Entry = [330, long, 400];

describe.each(['II', 'MM'] as const)('in byte order %s', (order) => {
  it('tells raw camera files from plain TIFF by their first directory', () => {
    const files: readonly (readonly [what: string, entries: readonly Entry[], name: string])[] = [
      ['a scan', [whole, [259, short, 5], [262, short, 2]], 'a TIFF image'],
      [
        'what a camera maker’s program exports',
        [whole, [259, short, 1], [262, short, 2], make],
        'a TIFF image',
      ],
      ['a pyramid', [whole, make, subDirectories], 'a TIFF image'],
      ['a thumbnail of no camera', [thumbnail, [259, short, 1]], 'a TIFF image'],
      ['a page of a fax', [[254, long, 2], make], 'a TIFF image'],
      ['NEF, ARW or SRW', [thumbnail, [259, short, 6], make, subDirectories], 'a raw camera file'],
      ['PEF', [whole, [259, short, 65535], [262, short, 32803], make], 'a raw camera file'],
      ['raw colours', [[262, short, 32803], make], 'a raw camera file'],
      ['DNG', [thumbnail, make, subDirectories, [50706, 1, 0x01040000]], 'a DNG raw camera file'],
    ];
    const found = files.map(([what, entries]) => [what, entries, recognise(tiff(order, entries))?.name]);
    expect(found).toEqual(files);
  });

  it('says TIFF where the first directory lies past the head, or is cut', () => {
    const bytes = tiff(order, [thumbnail, make]);
    expect(recognise(bytes.subarray(0, 20))?.name).toBe('a TIFF image');
    bytes.fill(0xff, 4, 8);
    expect(recognise(bytes)?.name).toBe('a TIFF image');
  });

  it('does not stumble over a directory that says it has too many entries', () => {
    const bytes = tiff(order, [thumbnail]);
    bytes.fill(0xff, 8, 10);
    expect(recognise(bytes)?.name).toBe('a TIFF image');
  });
});

it('knows a raw file by the mark behind its header', () => {
  for (const start of ['II*\0\x10\0\0\0CR\x02\0', 'II*\0\x08\0\0\0IIII', 'MM\0*\0\0\0\x08MMMM'])
    expect(recognise(Buffer.from(start, 'latin1'))?.name).toBe('a raw camera file');
});

/** A header and a first directory, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf section 2. */
function tiff(order: 'II' | 'MM', entries: readonly Entry[]): Buffer {
  const bytes = Buffer.alloc(10 + 12 * entries.length + 4);
  const u16 = (value: number, at: number) =>
    order === 'II' ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    order === 'II' ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  bytes.write(order, 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(entries.length, 8);
  for (const [index, [tag, type, value]] of entries.entries()) {
    const at = 10 + 12 * index;
    u16(tag, at);
    u16(type, at + 2);
    u32(1, at + 4);
    if (type === short) u16(value, at + 8);
    else u32(value, at + 8);
  }
  return bytes;
}
