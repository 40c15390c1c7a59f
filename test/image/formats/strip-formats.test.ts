import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fromMemory } from '../../../src/image/bytes.ts';
import { orientationOnly } from '../../../src/image/formats/exif.ts';
import { planStrip, type StripPlan } from '../../../src/image/formats/strip.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { readers } from '../../helpers/readers.ts';

const read = (file: string) => readFileSync(fixture(`images/${file}`));
const text = (content: string) => Buffer.from(content, 'latin1');

describe('a JPEG', () => {
  const bare = read('bare.jpg');
  const start = bare.subarray(0, 2);
  const rest = bare.subarray(2);
  const exif = (orientation: number) =>
    segment(0xe1, Buffer.concat([text('Exif\0\0'), orientationOnly(orientation)]));

  it('loses each kind of metadata', () => {
    const rows = [
      ['comments', 0xfe, 'home'],
      ['thumbnail', 0xe0, 'JFXX\0\x10\xff\xd8\xff\xd9'],
      ['EXIF', 0xe1, 'Exif\0\0'],
      ['EXIF', 0xe1, 'Exif\0\0II*\0\xff\xff\xff\xff'],
      ['XMP', 0xe1, 'http://ns.adobe.com/xap/1.0/\0<x/>'],
      ['XMP', 0xe1, 'http://ns.adobe.com/xmp/extension/\0<x/>'],
      ['thermal data', 0xe1, 'FLIR\0\x01'],
      ['list of further images', 0xe2, 'MPF\0MM\0*'],
      ['other data', 0xe2, 'FPXR\0'],
      ['content credentials', 0xeb, 'JP\0\x01'],
      ['Photoshop settings', 0xec, 'Ducky\0'],
      ['Photoshop settings', 0xed, 'Photoshop 3.0\x008BIM\x03\xed'],
      ['IPTC', 0xed, 'Photoshop 3.0\x008BIM\x04\x04'],
      ['other data', 0xed, 'Adobe_CM\0'],
      ['other data', 0xe0, 'AVI1\0'],
      ['other data', 0xef, ''],
    ] as const;
    for (const [what, marker, content] of rows) {
      const added = segment(marker, text(content));
      expect(strip('image/jpeg', start, added, rest), content).toEqual({ bytes: bare, removed: [what] });
      expect(strip('image/jpeg', start, Buffer.from([0xff, 0xff]), added, added, rest).bytes).toEqual(bare);
    }
  });

  it('keeps what decoders need', () => {
    const rows = [
      ['a colour profile', 0xe2, 'ICC_PROFILE\0\x01\x01profile'],
      ["Adobe's colour transform", 0xee, 'Adobe\0\x64\0\0\0\0\x01'],
      ['a JFIF header', 0xe0, 'JFIF\0\x01\x01\0\0\x01\0\x01\0\0'],
      ['the interval of restarts', 0xdd, '\0\x08'],
    ] as const;
    for (const [what, marker, content] of rows) {
      const added = segment(marker, text(content));
      const { removed } = strip('image/jpeg', start, added, rest);
      expect(removed, what).toEqual([]);
      const { bytes } = strip('image/jpeg', start, segment(0xfe, text('home')), added, rest);
      expect(bytes).toEqual(Buffer.concat([start, added, rest]));
    }
  });

  it('cuts headers down to what decoders need', () => {
    const rows = [
      ['a thumbnail in the JFIF header', 0xe0, 'JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01', 'RGB', 'thumbnail'],
      ["what follows Adobe's colour transform", 0xee, 'Adobe\0\x64\0\0\0\0\x01', 'home', 'other data'],
    ] as const;
    for (const [name, marker, header, more, what] of rows) {
      const { bytes, removed } = strip('image/jpeg', start, segment(marker, text(header + more)), rest);
      const kept = segment(marker, text(header.replace('\x01\x01\x01', '\x01\0\0')));
      expect(bytes, name).toEqual(Buffer.concat([start, kept, rest]));
      expect(removed).toEqual([what]);
    }
  });

  it('keeps the orientation of its first EXIF data, where that stands', () => {
    const more = Buffer.concat([exif(6).subarray(0, 36), text('home')]);
    more.writeUInt16BE(more.length - 2, 2);
    const comment = segment(0xfe, text('home'));
    const { bytes } = strip('image/jpeg', start, comment, more, comment, exif(3), rest);
    expect(bytes).toEqual(Buffer.concat([start, exif(6), rest]));
  });

  it('loses an orientation that comes too late to count', () => {
    const scanned = rest.subarray(0, -2);
    const { bytes } = strip('image/jpeg', start, scanned, exif(6), rest.subarray(-2));
    expect(bytes).toEqual(bare);
  });

  it('loses all behind its end', () => {
    expect(strip('image/jpeg', bare, bare)).toEqual({ bytes: bare, removed: ['trailing data'] });
    expect(strip('image/jpeg', bare, Buffer.alloc(1)).bytes).toEqual(bare);
  });

  it('keeps its scan up to where it is cut, and no metadata with it', () => {
    const whole = read('metadata-progressive.jpg');
    const stripped = strip('image/jpeg', whole).bytes;
    const scan = whole.indexOf(Buffer.from([0xff, 0xda]), whole.indexOf(Buffer.from([0xff, 0xc2]))) + 10;
    for (let length = scan; length < whole.length; length += 1) {
      const { bytes } = strip('image/jpeg', whole.subarray(0, length));
      expect(stripped.subarray(0, bytes.length).equals(bytes)).toBe(true);
      // The first half of a marker may go as well.
      expect(stripped.length - bytes.length).toBeLessThanOrEqual(whole.length - length + 1);
    }
  });

  it('decodes stuffed bytes, restarts and fill bytes within a scan as before', () => {
    const scan = Buffer.from(
      'ffda0008010100003f00 12ff0034ffd056ffffd178ffff009a'.replaceAll(' ', ''),
      'hex',
    );
    const comment = segment(0xfe, text('home'));
    const end = Buffer.from([0xff, 0xd9]);
    const { bytes } = strip('image/jpeg', start, scan, comment, scan, end);
    expect(bytes).toEqual(Buffer.concat([start, scan, scan, end]));
  });

  it('is refused where it cannot be followed', () => {
    const rows = [
      ['something between two segments', [start, text('home'), rest]],
      ['a second start', [start, start, rest]],
      ['a segment without a length', [start, Buffer.from('ffe10001', 'hex'), rest]],
      ['a reserved marker', [start, Buffer.from('ff450008', 'hex'), rest]],
      ['an extension', [start, Buffer.from('fff00004aaaa', 'hex'), rest]],
      ['a scan cut through', [bare.subarray(0, -2), Buffer.from('ff45', 'hex'), bare.subarray(-2)]],
      ['no scan', [start, Buffer.from('ffd9', 'hex')]],
      ['a cut in its tables', [bare.subarray(0, 40)]],
      ['only fill bytes', [start, Buffer.alloc(200_000, 0xff)]],
    ] as const;
    for (const [what, parts] of rows) {
      expect(() => strip('image/jpeg', ...parts), what).toThrow(
        'its metadata cannot be removed: the image is damaged',
      );
    }
  });
});

describe('a PNG', () => {
  const plain = read('rgb.png');
  const header = plain.subarray(0, 33);
  const rest = plain.subarray(33);
  const chunk = (type: string, content: Buffer) =>
    Buffer.concat([u32(content.length), text(type), content, Buffer.alloc(4)]);

  it('loses each kind of metadata', () => {
    const rows = [
      ['text', 'tEXt', 'Comment\0home'],
      ['text', 'zTXt', 'Author\0\0'],
      ['text', 'iTXt', 'Title\0\0\0\0\0home'],
      ['XMP', 'iTXt', 'XML:com.adobe.xmp\0\0\0\0\0<x/>'],
      ['EXIF', 'zTXt', 'Raw profile type exif\0\0'],
      ['EXIF', 'tEXt', 'Raw profile type APP1\0'],
      ['IPTC', 'zTXt', 'Raw profile type iptc\0\0'],
      ['XMP', 'zTXt', 'Raw profile type xmp\0\0'],
      ['EXIF', 'eXIf', 'MM\0*\0\0\0\x08\0\0\0\0\0\0'],
      ['EXIF', 'eXIf', ''],
      ['time of the last change', 'tIME', '\x07\xe4\x01\x01\0\0\0'],
      ['content credentials', 'caBX', 'jumb'],
      ['other data', 'iDOT', '\0\0\0\x02'],
      ['other data', 'prVt', ''],
    ] as const;
    for (const [what, type, content] of rows) {
      const added = chunk(type, text(content));
      expect(strip('image/png', header, added, rest), content).toEqual({ bytes: plain, removed: [what] });
      const end = plain.length - 12;
      expect(strip('image/png', plain.subarray(0, end), added, plain.subarray(end)).bytes).toEqual(plain);
    }
  });

  it('keeps the chunks that bear on how it looks', () => {
    const types = 'PLTE,CgBI,tRNS,cHRM,gAMA,iCCP,sBIT,sRGB,cICP,mDCV,cLLI,bKGD,hIST,pHYs,sPLT,acTL,fcTL,fdAT';
    const added = types.split(',').map((type) => chunk(type, text('abc')));
    const { bytes, removed } = strip('image/png', header, ...added, chunk('tEXt', text('a\0b')), rest);
    expect(bytes).toEqual(Buffer.concat([header, ...added, rest]));
    expect(removed).toEqual(['text']);
  });

  it('keeps each orientation, with a right checksum', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7, 8] as const;
    for (const orientation of rows) {
      const written = await sharp(plain)
        .withExif({ IFD0: { Artist: 'home' } })
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const { bytes, removed } = strip('image/png', written);
      expect(removed).toEqual(['EXIF']);
      // Strict: sharp refuses a wrong checksum.
      const strict = sharp(bytes, { failOn: 'warning' });
      expect((await strict.metadata()).orientation ?? 1).toBe(orientation);
      expect(await strict.raw().toBuffer()).toEqual(await sharp(written).raw().toBuffer());
    }
  });

  it('loses all behind its end', () => {
    expect(strip('image/png', plain, text('home'))).toEqual({ bytes: plain, removed: ['trailing data'] });
  });

  it('keeps its pixels up to where it is cut', () => {
    expect(strip('image/png', plain.subarray(0, -12)).removed).toEqual([]);
    for (let length = plain.indexOf('IDAT') + 4; length < plain.length; length += 100) {
      const cut = plain.subarray(0, length);
      const { bytes } = strip('image/png', header, chunk('tEXt', text('a\0b')), cut.subarray(33));
      expect(bytes).toEqual(cut);
    }
  });

  it('is refused where it cannot be followed', () => {
    const rows = [
      ['a chunk without a name', [header, u32(0), Buffer.alloc(8), rest]],
      ['no pixels', [header, chunk('tEXt', text('a\0b'))]],
    ] as const;
    for (const [what, parts] of rows) {
      expect(() => strip('image/png', ...parts), what).toThrow(
        'its metadata cannot be removed: the image is damaged',
      );
    }
  });

  it('is refused for more chunks than a picture has', () => {
    const many = Buffer.concat(Array.from({ length: 100_001 }, () => chunk('tEXt', Buffer.alloc(0))));
    expect(() => strip('image/png', header, many, rest)).toThrow(/the image has too many parts$/);
  });
});

describe('a WebP', () => {
  const alpha = read('alpha.webp');
  const odd = read('odd-size.webp');
  const film = read('animated.webp');
  const chunk = (type: string, content: Buffer) =>
    Buffer.concat([text(type), u32(content.length).reverse(), content, Buffer.alloc(content.length % 2)]);
  const riff = (...parts: readonly Buffer[]) => chunk('RIFF', Buffer.concat([text('WEBP'), ...parts]));
  const flagged = (bytes: Buffer, flags: number) => {
    const changed = Buffer.from(bytes);
    changed[20] = changed.readUInt8(20) | flags;
    return changed;
  };

  it('loses each kind of metadata, and its flag', () => {
    const rows = [
      ['EXIF', 'EXIF', 'nothing'],
      ['XMP', 'XMP ', '<x/>'],
      ['XMP', 'XMP ', '<xx/>'],
      ['other data', 'home', ''],
    ] as const;
    for (const [what, type, content] of rows) {
      const added = riff(flagged(alpha, 0x0c).subarray(12), chunk(type, text(content)));
      expect(strip('image/webp', added), content).toEqual({ bytes: alpha, removed: [what] });
      expect(strip('image/webp', riff(odd.subarray(12), chunk(type, text(content)))).bytes).toEqual(odd);
    }
  });

  it('keeps each orientation, and the flag of EXIF', async () => {
    const rows = [2, 3, 4, 5, 6, 7, 8] as const;
    for (const orientation of rows) {
      const written = await sharp(alpha)
        .withExif({ IFD0: { Artist: 'home' } })
        .withMetadata({ orientation })
        .webp()
        .toBuffer();
      const { bytes, removed } = strip('image/webp', written);
      expect(removed).toEqual(['EXIF']);
      expect((await sharp(bytes).metadata()).orientation).toBe(orientation);
      expect(bytes.length).toBe(8 + bytes.readUInt32LE(4));
    }
  });

  it('loses an orientation that its header does not announce, which no decoder follows', () => {
    const added = riff(alpha.subarray(12), chunk('EXIF', orientationOnly(6)));
    expect(strip('image/webp', added)).toEqual({ bytes: alpha, removed: ['EXIF'] });
    const announced = flagged(added, 0x08);
    expect(strip('image/webp', announced)).toEqual({ bytes: announced, removed: [] });
    const twice = flagged(riff(added.subarray(12), chunk('EXIF', orientationOnly(3))), 0x08);
    expect(strip('image/webp', twice).bytes).toEqual(announced);
  });

  it('loses what hides within the frames of a film', async () => {
    const at = film.indexOf('ANMF');
    const end = at + 8 + film.readUInt32LE(at + 4);
    const frame = chunk('ANMF', Buffer.concat([film.subarray(at + 8, end), chunk('home', text('a'))]));
    const added = riff(film.subarray(12, at), frame, film.subarray(end));
    expect(strip('image/webp', added)).toEqual({ bytes: film, removed: ['other data'] });
    expect(await sharp(added, { pages: -1 }).raw().toBuffer()).toEqual(
      await sharp(film, { pages: -1 }).raw().toBuffer(),
    );
  });

  it('loses all behind its end', () => {
    for (const bytes of [alpha, odd])
      expect(strip('image/webp', bytes, text('home'))).toEqual({ bytes, removed: ['trailing data'] });
  });

  it('is refused where it cannot be followed', () => {
    const rows = [
      ['a header of another size', [alpha.subarray(0, 16), u32(12).reverse(), alpha.subarray(20)]],
      ['no picture', [riff(chunk('XMP ', text('<x/>')))]],
      ['a frame without a place', [riff(film.subarray(12, 30), chunk('ANMF', text('a')))]],
      [
        'a frame within a frame',
        [riff(chunk('ANMF', Buffer.concat([Buffer.alloc(16), chunk('ANMF', Buffer.alloc(16))])))],
      ],
    ] as const;
    for (const [what, parts] of rows) {
      expect(() => strip('image/webp', ...parts), what).toThrow(
        'its metadata cannot be removed: the image is damaged',
      );
    }
  });
});

function segment(marker: number, content: Buffer): Buffer {
  const length = content.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >>> 8, length & 0xff]), content]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function strip(mimeType: string, ...parts: readonly Buffer[]): { bytes: Buffer; removed: readonly string[] } {
  const source = Buffer.concat(parts);
  const strip = readers[mimeType]?.strip;
  if (strip === undefined) throw new Error(`${mimeType} has no metadata to remove`);
  const { pieces, removed }: StripPlan = planStrip(fromMemory(source), strip);
  const bytes = pieces.map((piece) =>
    Buffer.isBuffer(piece) ? piece : source.subarray(piece.start, piece.end),
  );
  return { bytes: Buffer.concat(bytes), removed };
}
