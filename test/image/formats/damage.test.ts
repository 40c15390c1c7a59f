import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { temporaryFile } from '../../helpers/files.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { eachRow } from '../../helpers/rows.ts';

const read = (file: string) => readFileSync(fixture(`images/${file}`));
const nameOf = (bytes: Uint8Array) => recognise(bytes)?.name;

const sent = [
  ['rgb.png', 'a PNG image', 'png'],
  ['jfif.jpg', 'a JPEG image', 'jpeg'],
  ['bare.jpg', 'a JPEG image', 'jpeg'],
  ['exif-rotated.jpg', 'a JPEG image', 'jpeg'],
  ['cmyk.jpg', 'a JPEG image', 'jpeg'],
  ['lossy.webp', 'a WebP image', 'webp'],
  ['animated.webp', 'a WebP image', 'webp'],
  ['photo.heic', 'a HEIC image', 'heic'],
  ['mif1.heif', 'a HEIF image', 'heif'],
] as const;

const before: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['a byte order mark', Buffer.from('\ufeff')],
  ['blank lines', Buffer.from('\r\n\r\n')],
  ['one byte', Buffer.from([0])],
  ['a header of HTTP', Buffer.from(`HTTP/1.1 200 OK\r\nServer: ${'x'.repeat(1000)}\r\n\r\n`)],
  ['a boundary', Buffer.from('--b\r\nContent-Type: image/png\r\n\r\n')],
  ['a warning', Buffer.from('<br />\n<b>Warning</b>: Undefined variable in /a.php\n')],
  ['MacBinary', Buffer.from(`\0\x09photo.jpg${'\0'.repeat(117)}`)],
];

it('names an image, and counts whatever stands before it', () =>
  eachRow(before, ([_, junk]) => {
    const bytes = junk.length === 1 ? 'byte' : 'bytes';
    for (const [file, name, ending] of sent) {
      expect(recognise(Buffer.concat([junk, read(file)])), file).toMatchObject({
        name: `${name} with ${junk.length} other ${bytes} before it`,
        sendable: false,
        conversion: `tail -c +${junk.length + 1} {in} > fixed.${ending}`,
      });
    }
  }));

it.skipIf(process.platform === 'win32')('says a command that gives back the image', () => {
  const path = temporaryFile('photo.jpg', Buffer.concat([Buffer.from('\ufeff'), read('jfif.jpg')]));
  const command = recognise(readFileSync(path))?.conversion?.replace('{in}', path).split(' > ')[0] ?? '';
  expect(execFileSync('sh', ['-c', command])).toEqual(read('jfif.jpg'));
});

describe('what holds an image', () => {
  it('is not one where binary data comes long before it', () => {
    expect(
      nameOf(Buffer.concat([Buffer.alloc(600, 0x81), Buffer.alloc(9), read('jfif.jpg')])),
    ).toBeUndefined();
    expect(nameOf(Buffer.concat([Buffer.alloc(600, 1), read('rgb.png')]))).toBeUndefined();
  });

  it('is not one for three bytes alone', () => {
    for (const after of ['\xe0\0\x10ABCDEFGHIJKLMNOPQRST', '\x01\x02\x03', '\xdb\0\x02\xff', '']) {
      const bytes = Buffer.from(`\x01\x02\xff\xd8\xff${after}`, 'latin1');
      expect(nameOf(bytes)).toBeUndefined();
    }
  });

  it('keeps its own name where it has one', () => {
    expect(
      nameOf(Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\x10\0APIC', 'latin1'), read('jfif.jpg')])),
    ).toBe('an MP3 sound file');
  });
});

describe('an image that was treated as text', () => {
  const asText: readonly [string, (bytes: Buffer) => Buffer][] = [
    ['as UTF-8 with characters replaced', (bytes) => Buffer.from(bytes.toString('utf8'))],
    ['from Latin-1 to UTF-8', (bytes) => Buffer.from(bytes.toString('latin1'))],
    ['from Latin-1 to UTF-16', (bytes) => Buffer.from(`\ufeff${bytes.toString('latin1')}`, 'utf16le')],
  ];
  it('is named, however the text came about', () =>
    eachRow(asText, ([_, mangle]) => {
      expect(nameOf(mangle(read('rgb.png')))).toBe('a PNG image damaged by being treated as text');
      expect(nameOf(mangle(read('jfif.jpg')))).toBe('a JPEG image damaged by being treated as text');
      expect(nameOf(mangle(read('exif-rotated.jpg')))).toBe('a JPEG image damaged by being treated as text');
    }));

  it('is named where it begins with a table', () => {
    const bytes = Buffer.from(read('bare.jpg').toString('utf8'));
    expect(nameOf(bytes)).toBe('a JPEG image damaged by being treated as text');
  });

  it('is named by what was changed', () =>
    eachRow<[string, RegExp, string]>(
      [
        ['CR LF became LF', /\r\n/g, '\n'],
        ['LF became CR LF', /\n/g, '\r\n'],
        ['LF became CR', /\n/g, '\r'],
        ['eighth bits were lost', /\x89/, '\t'],
      ],
      ([_, from, to]) => {
        const bytes = Buffer.from(read('rgb.png').toString('latin1').replace(from, to), 'latin1');
        expect(nameOf(bytes)).toBe('a PNG image damaged by being treated as text');
      },
    ));

  it('is named where the size of a WebP file no longer is four bytes', () => {
    const bytes = read('alpha.webp');
    bytes.writeUInt32LE(0x00fffefd, 4);
    expect(nameOf(Buffer.from(bytes.toString('utf8')))).toBe('a WebP image damaged by being treated as text');
  });
});

it('names a file of zeros, but not a few of them', () => {
  expect(nameOf(Buffer.alloc(5000))).toBe('only zeros');
  expect(nameOf(Buffer.alloc(16))).toBe('only zeros');
  expect(nameOf(Buffer.alloc(15))).toBeUndefined();
  expect(nameOf(Buffer.concat([Buffer.alloc(100), Buffer.from([1])]))).toBeUndefined();
});
