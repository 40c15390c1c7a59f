import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { fixture } from '../../helpers/fixtures.ts';

const nameOf = (bytes: Uint8Array) => recognise(bytes)?.name;
const latin1 = (text: string) => Buffer.from(text, 'latin1');

// Heads as the formats' specifications have them, of what no encoder at hand writes.
it.each([
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
  ['\0\x05\x16\x07\0\x02\0\0Mac OS X', 'what macOS keeps beside a file'],
  ['\0\0\0\x01Bud1\0\0', 'what the Finder keeps about a folder'],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0', 'a file of an old Office program, or a folder’s thumbnails'],
])('knows %j as %s', (head, name) => {
  expect(nameOf(latin1(head))).toBe(name);
});

describe('variants of a format', () => {
  it('knows an OS/2 array of bitmaps by the bitmap in it', () => {
    const array = latin1('BA\x28\0\0\0\0\0\0\0\0\0\0\0');
    expect(nameOf(Buffer.concat([array, read('os2.bmp')]))).toBe('a BMP image');
    expect(nameOf(Buffer.concat([array, read('notes.txt')]))).not.toBe('a BMP image');
  });

  it.each([
    [12, 'a BMP image'],
    [16, 'a BMP image'],
    [40, 'a BMP image'],
    [56, 'a BMP image'],
    [64, 'a BMP image'],
    [108, 'a BMP image'],
    [124, 'a BMP image'],
    [13, undefined],
    [0x20202020, undefined],
  ])('takes a bitmap header of %i bytes for %s', (size, name) => {
    const bytes = Buffer.from(read('windows.bmp').subarray(0, 60));
    bytes.writeUInt32LE(size, 14);
    expect(nameOf(bytes)).toBe(name);
  });

  it.each(['jpx ', 'jpm '])('knows the brand %s as JPEG 2000', (brand) => {
    const bytes = read('photo.jp2');
    bytes.write(brand, bytes.indexOf('ftyp') + 4, 'latin1');
    expect(nameOf(bytes)).toBe('a JPEG 2000 image');
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

it.each([
  '\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', // no icon in it
  '\0\0\x02\0\0\0\0\0\0\0\0\0\x30\0\x20\0\x18\x20\0\0\0\0\0\0', // TGA
  '\x01\xda\x05\x01\0\x03',
  '\n\x05\x01\x03',
])('does not take %j for an image', (head) => {
  expect(nameOf(latin1(head))).toBeUndefined();
});

it.each([
  'GIF89a is a format with at most 256 colours, and older than PNG.',
  'the free world, the wide web, and a film of 1999',
  'abc ftypheic is how it goes on.',
  'BMW makes cars, and this is a long sentence about them.',
  'P6 is how a PPM file begins; P5 is a PGM.',
  'GGGG and nothing else',
  '8BPS is how Photoshop files begin',
  'A PNG begins with 89 50 4E 47, a PDF with %PDF-1.4, and a JPEG with FF D8 FF.',
  'ID3 is what a tag of a song is called.',
])('leaves prose as text: %s', (prose) => {
  expect(nameOf(Buffer.from(prose))).toBe('text');
});

function read(file: string): Buffer {
  return readFileSync(fixture(`images/${file}`));
}
