import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { fixture } from '../../helpers/fixtures.ts';

const nameOf = (bytes: Uint8Array) => recognise(bytes)?.name;
const latin1 = (text: string) => Buffer.from(text, 'latin1');

// Heads as the formats' specifications have them, of what no encoder at hand writes.
const heads: readonly (readonly [head: string, name: string])[] = [
  ['SIMPLE  =                    T / a comment', 'a FITS image'],
  [`${'\0'.repeat(128)}DICM\x02\0\0\0UL\x04\0`, 'a DICOM file'],
  ['gimp xcf v011\0\0\0\0\x30\0\0\0\x20', 'a GIMP file'],
  ['gimp xcf file\0\0\0\0\x30\0\0\0\x20', 'a GIMP file'],
  ['\xd7\xcd\xc6\x9a\0\0\0\0\0\0', 'a WMF drawing'],
  [`\x01\0\0\0\x6c\0\0\0${'\0'.repeat(32)} EMF\0\0\x01\0`, 'an EMF drawing'],
  ['\xc5\xd0\xd3\xc6\x20\0\0\0', 'a PostScript document'],
  ['AT&TFORM\0\0\x10\0DJVUINFO', 'a DjVu document'],
  ['icns\0\0\x10\0ic07', 'an Apple icon file'],
  ['II\xbc\x01\x20\0\0\0', 'a JPEG XR image'],
  ['SDPX\0\0\x08\0V1.0', 'a DPX image'],
  ['RIFF\x10\0\0\0ACONanih', 'an animated cursor'],
  ['FUJIFILMCCD-RAW 0201FF383501', 'a raw camera file'],
  ['FOVb\0\0\x02\0', 'a raw camera file'],
  ['\0MRM\0\x01\0\0', 'a raw camera file'],
  ['IIRO\x08\0\0\0', 'a raw camera file'],
  ['IIRS\x08\0\0\0', 'a raw camera file'],
  ['MMOR\0\0\0\x08', 'a raw camera file'],
  ['IIU\0\x18\0\0\0', 'a raw camera file'],
  ['II\x1a\0\0\0HEAPCCDR', 'a raw camera file'],
  ['fLaC\0\0\0\x22', 'a FLAC sound file'],
  ['7z\xbc\xaf\x27\x1c\0\x04', 'a 7z archive'],
  ['Rar!\x1a\x07\x01\0', 'a RAR archive'],
  ['PK\x05\x06\0\0\0\0', 'a ZIP archive'],
  [`photo.jpg${'\0'.repeat(248)}ustar\x0000`, 'a tar archive'],
  ['\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0', 'a shortcut'],
  ['book\0\0\0\0mark\0\0\0\0', 'a shortcut'],
  ['\0\x05\x16\x07\0\x02\0\0Mac OS X', 'a macOS metadata file'],
  ['\0\0\0\x01Bud1\0\0', 'a Finder metadata file'],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0', 'an old Office file or a thumbnail cache'],
];

it('knows formats that no encoder at hand writes by their heads', () => {
  expect(heads.map(([head]) => [head, nameOf(latin1(head))])).toEqual(heads);
});

describe('variants of a format', () => {
  it('knows an OS/2 array of bitmaps by the bitmap in it', () => {
    const array = latin1('BA\x28\0\0\0\0\0\0\0\0\0\0\0');
    expect(nameOf(Buffer.concat([array, read('os2.bmp')]))).toBe('a BMP image');
    expect(nameOf(Buffer.concat([array, read('notes.txt')]))).not.toBe('a BMP image');
  });

  it('takes what the sizes of real headers tell for a bitmap', () => {
    const isBitmap = (size: number) => {
      const bytes = Buffer.from(read('windows.bmp').subarray(0, 60));
      bytes.writeUInt32LE(size, 14);
      return nameOf(bytes) === 'a BMP image';
    };
    const sizes = [11, 12, 13, 15, 16, 40, 56, 64, 65, 107, 108, 109, 124, 125, 0x20202020];
    expect(sizes.filter(isBitmap)).toEqual([12, 16, 40, 56, 64, 108, 124]);
  });

  it('knows each brand of JPEG 2000', () => {
    for (const brand of ['jpx ', 'jpm ']) {
      const bytes = read('photo.jp2');
      bytes.write(brand, bytes.indexOf('ftyp') + 4, 'latin1');
      expect(recognise(bytes)).toMatchObject({
        name: 'a JPEG 2000 image',
        mimeType: `image/${brand.trim()}`,
      });
    }
  });

  it('knows a film with four bytes before each packet, as cameras write it', () => {
    const packets = read('clip.m2t');
    const film = [0, 1, 2, 3].map((packet) =>
      Buffer.concat([Buffer.alloc(4), packets.subarray(packet * 188, packet * 188 + 188)]),
    );
    expect(nameOf(Buffer.concat(film))).toBe('an MPEG video');
  });

  it('tells a PNG that was changed for iPhone apps from one that every program reads', () => {
    const bytes = read('rgb.png');
    bytes.write('CgBI', 12, 'latin1');
    expect(recognise(bytes)).toMatchObject({
      name: 'a PNG image changed for iPhone apps',
      sendable: false,
    });
  });

  it('knows both pictures of a stereo photo as one JPEG', () => {
    expect(nameOf(Buffer.concat([read('jfif.jpg'), read('jfif.jpg')]))).toBe('a JPEG image');
  });
});

it('does not take for an image what only begins like one', () => {
  const heads = [
    '\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', // no icon in it
    '\0\0\x02\0\0\0\0\0\0\0\0\0\x30\0\x20\0\x18\x20\0\0\0\0\0\0', // TGA
    '\x01\xda\x05\x01\0\x03',
    '\x01\xda\x01\x01\0\x04',
    '\n\x05\x01\x03',
    `\n\x06\x01\x08${'\0'.repeat(80)}`,
  ];
  expect(heads.map((head) => nameOf(latin1(head)))).toEqual(heads.map(() => undefined));
});

it('leaves prose as text', () => {
  const prose = [
    'GIF89a is a format with at most 256 colours, and older than PNG.',
    'the free world, the wide web, and a film of 1999',
    'abc ftypheic is how it goes on.',
    'BMW makes cars, and this is a long sentence about them.',
    'P6 is how a PPM file begins; P5 is a PGM.',
    'GGGG and nothing else',
    '8BPS is how Photoshop files begin',
    'A PNG begins with 89 50 4E 47, a PDF with %PDF-1.4, and a JPEG with FF D8 FF.',
    'ID3 is what a tag of a song is called.',
  ];
  expect(prose.map((text) => nameOf(Buffer.from(text)))).toEqual(prose.map(() => 'text'));
});

function read(file: string): Buffer {
  return readFileSync(fixture(`images/${file}`));
}
