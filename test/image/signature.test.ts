import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { headBytes, identify } from '../../src/image/signature.ts';
import { fixture, fixtureImages } from '../helpers/fixtures.ts';

it.each(fixtureImages.filter(({ file }) => file !== 'empty.bin'))(
  'knows $file by its bytes as $mimeType',
  ({ file, mimeType, sendable }) => {
    const head = readFileSync(fixture(`images/${file}`)).subarray(0, headBytes);
    const format = identify(head);
    expect(format?.mimeType).toBe(mimeType);
    expect(format?.sendable).toBe(sendable ?? true);
  },
);

it('knows a HEIF film by its brand as HEIC', () => {
  expect(identify(fileType('hevc', 'hevc', 'iso8'))?.mimeType).toBe('image/heic');
});

it.each([
  ['heic', 'mif1', 'image/heic'],
  ['heix', 'mif1', 'image/heic'],
  ['heim', 'mif1', 'image/heic'],
  ['heis', 'mif1', 'image/heic'],
  ['mif1', 'heic', 'image/heif'],
  ['msf1', 'hevc', 'image/heif'],
  ['mif1', 'avif', 'image/avif'],
  ['msf1', 'avis', 'image/avif'],
  ['miaf', 'heic', 'image/heic'],
  ['isom', 'mp42', 'video/mp4'],
  ['crx ', 'isom', 'image/x-raw'],
  ['qt  ', 'qt  ', 'video/quicktime'],
])('tells the brand %s beside %s as %s', (major, compatible, mimeType) => {
  expect(identify(fileType(major, 'zzzz', compatible))?.mimeType).toBe(mimeType);
});

it('says nothing of bytes that are of no known format', () => {
  expect(identify(Buffer.from([0x00, 0x17, 0x2a, 0xff, 0x80, 0x00]))).toBeUndefined();
  expect(identify(Buffer.alloc(0))).toBeUndefined();
});

it.each(Array.from({ length: 64 }, (_, length) => length))(
  'does not stumble over any format cut to %i bytes',
  (length) => {
    for (const { file } of fixtureImages) {
      expect(() => identify(readFileSync(fixture(`images/${file}`)).subarray(0, length))).not.toThrow();
    }
  },
);

function fileType(major: string, ...compatible: string[]): Buffer {
  const box = Buffer.from(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  box.writeUInt32BE(box.length);
  return box;
}
