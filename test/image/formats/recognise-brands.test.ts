import { expect, it } from 'vitest';
import { recognise } from '../../../src/image/formats/recognise.ts';

it('goes by the major brand, and by the others where it is a general one', () => {
  const brands = [
    ['heic', 'mif1', 'image/heic'],
    ['heix', 'mif1', 'image/heic'],
    ['heim', 'mif1', 'image/heic'],
    ['heis', 'mif1', 'image/heic'],
    ['hevx', 'msf1', 'image/heic'],
    ['mif1', 'heic', 'image/heif'],
    ['mif1', 'miaf', 'image/heif'],
    ['mif2', 'heix', 'image/heif'],
    ['msf1', 'hevc', 'image/heif'],
    ['mif1', 'avif', 'image/avif'],
    ['msf1', 'avis', 'image/avif'],
    ['miaf', 'heic', 'image/heic'],
    ['miaf', 'mif1', 'image/heif'],
    ['isom', 'mp42', 'video/mp4'],
    ['M4V ', 'isom', 'video/mp4'],
    ['M4A ', 'isom', 'audio/mp4'],
    ['3gp5', 'isom', 'video/3gpp'],
    ['crx ', 'isom', 'image/x-raw'],
    ['qt  ', 'qt  ', 'video/quicktime'],
  ];
  const found = brands.map(([major = '', compatible = '']) => [
    major,
    compatible,
    recognise(fileType(major, 'zzzz', compatible, 'yyyy'))?.mimeType,
  ]);
  expect(found).toEqual(brands);
});

it('knows a HEIF sequence by its brand as HEIC', () => {
  expect(recognise(fileType('hevc', 'hevc', 'iso8'))?.mimeType).toBe('image/heic');
});

it('goes by the minor version of the low-overhead format', () => {
  const bytes = fileType('mif3');
  expect(recognise(bytes)?.mimeType).toBe('image/heif');
  bytes.write('avif', 12, 'latin1');
  expect(recognise(bytes)?.mimeType).toBe('image/avif');
});

it('does not send pictures of other codecs', () => {
  const brands = [
    ['avci', 'mif1', 'an AVC-coded HEIF image'],
    ['mif1', 'avcs', 'an AVC-coded HEIF image'],
    ['vvic', 'mif1', 'a VVC-coded HEIF image'],
    ['j2ki', 'mif1', 'a JPEG 2000 image in a HEIF file'],
    ['mif1', 'jpeg', 'a JPEG image in a HEIF file'],
  ] as const;
  for (const [major, compatible, name] of brands)
    expect(recognise(fileType(major, 'miaf', compatible, 'yyyy'))).toMatchObject({ name, sendable: false });
});

it('goes by HEVC where a HEIF file has other pictures beside it', () => {
  expect(recognise(fileType('mif1', 'jpeg', 'heic'))?.mimeType).toBe('image/heif');
});

it('does not look for brands past the end of their box', () => {
  const box = fileType('mif1', 'heic');
  expect(recognise(Buffer.concat([box, Buffer.from('avif')]))?.mimeType).toBe('image/heif');
});

it('knows an old film by its first box', () => {
  for (const box of ['moov', 'mdat', 'wide', 'free', 'skip', 'pnot']) {
    const bytes = Buffer.from(`\0\0\x02\0${box}\0\0\0\0`, 'latin1');
    expect(recognise(bytes)?.mimeType).toBe('video/quicktime');
  }
});

function fileType(major: string, ...compatible: string[]): Buffer {
  const box = Buffer.from(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  box.writeUInt32BE(box.length);
  return box;
}
