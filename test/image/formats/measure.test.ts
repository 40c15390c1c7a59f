import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fromMemory } from '../../../src/image/bytes.ts';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { fixture, fixtureImages } from '../../helpers/fixtures.ts';
import { readers } from '../../helpers/readers.ts';

const sent = fixtureImages
  .filter(({ width }) => width !== undefined)
  .map((image) => ({ ...image, bytes: readFileSync(fixture(`images/${image.file}`)) }));

it('answers or says nothing wherever an image is cut', () => {
  const wrong: string[] = [];
  for (const { file, width, height, bytes } of sent) {
    for (let length = 0; length < Math.min(bytes.length, 2000); length += 1) {
      const found = dimensionsOf(bytes.subarray(0, length));
      if (found && (found.width !== width || found.height !== height)) wrong.push(`${file} cut to ${length}`);
    }
  }
  expect(wrong).toEqual([]);
});

it('answers or says nothing whichever byte is changed', () => {
  const wrong: string[] = [];
  for (const { file, bytes } of sent) {
    const changed = Buffer.from(bytes);
    for (let at = 0; at < Math.min(bytes.length, 1200); at += 1) {
      for (const value of [0x00, 0x7f, 0xff]) {
        changed[at] = value;
        const { width, height, orientation } = dimensionsOf(changed) ?? {
          width: 1,
          height: 1,
          orientation: 1,
        };
        const isSound = width > 0 && height > 0 && [1, 2, 3, 4, 5, 6, 7, 8].includes(orientation);
        if (!isSound) wrong.push(`${file} with ${value} at ${at}`);
      }
      changed[at] = bytes[at] ?? 0;
    }
  }
  expect(wrong).toEqual([]);
});

it('says nothing of an image without width or height', () => {
  for (const at of [16, 20]) {
    const bytes = readFileSync(fixture('images/rgb.png'));
    bytes.writeUInt32BE(0, at);
    expect(dimensionsOf(bytes)).toBeUndefined();
  }
});

it('follows a JPEG over what stands between two segments, up to a bound, as decoders do', () => {
  const bytes = readFileSync(fixture('images/jfif.jpg'));
  const end = 4 + bytes.readUInt16BE(4);
  const behind = (...junk: readonly Buffer[]) =>
    dimensionsOf(Buffer.concat([bytes.subarray(0, end), ...junk, bytes.subarray(end)]));
  const expected = { width: 48, height: 32, orientation: 1 };
  expect(behind(Buffer.from('junk'))).toEqual(expected);
  expect(behind(Buffer.from('ff00ff0041', 'hex'))).toEqual(expected);
  expect(behind(Buffer.alloc(70_000, 0x41), Buffer.alloc(3, 0xff))).toEqual(expected);
  expect(behind(Buffer.alloc(1_000_000, 0x41))).toBeUndefined();
});

describe('the orientation', () => {
  const picture = sharp(fixture('images/rgb.png'));

  it('is read from a JPEG, PNG or WebP that has it', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      for (let orientation = 1; orientation <= 8; orientation += 1) {
        const bytes = await picture.clone().withMetadata({ orientation }).toFormat(format).toBuffer();
        expect(dimensionsOf(bytes)).toEqual({ width: 48, height: 32, orientation });
      }
    }
  });

  it('is read from a JPEG behind fill bytes, and not from the segments behind the first scan', async () => {
    const bytes = await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const exif = bytes.subarray(2, 4 + bytes.readUInt16BE(4));
    const rest = bytes.subarray(2 + exif.length);
    const fill = Buffer.alloc(5, 0xff);
    expect(orientationOf(bytes.subarray(0, 2), fill, exif, rest)).toBe(6);
    expect(orientationOf(bytes.subarray(0, 2), rest, exif)).toBe(1);
  });

  it('is read from a WebP only where its header announces EXIF data', async () => {
    const bytes = await picture.clone().withMetadata({ orientation: 6 }).webp().toBuffer();
    expect(orientationOf(bytes)).toBe(6);
    bytes[20] = bytes.readUInt8(20) & ~0x08;
    expect(orientationOf(bytes)).toBe(1);
    expect((await sharp(bytes).metadata()).orientation).toBeUndefined();
  });

  it('of a HEIC file follows imir and irot in the order they are listed in', async () => {
    const mirrors = [undefined, 0, 1].map((value) => (value === undefined ? [] : [transform('imir', value)]));
    const turns = [undefined, 0, 1, 2, 3].map((value) =>
      value === undefined ? [] : [transform('irot', value)],
    );
    for (const imir of mirrors) {
      for (const irot of turns) {
        await expectShownAs([...imir, ...irot]);
        await expectShownAs([...irot, ...imir]);
      }
    }
  });

  /** Compares what sharp shows a picture with that EXIF orientation as, with each step done by itself. */
  async function expectShownAs(properties: readonly Buffer[]) {
    const { orientation = 0 } = dimensionsOf(heic(properties)) ?? {};
    const tagged = await picture.clone().withMetadata({ orientation }).png().toBuffer();
    let shown = await picture.clone().raw().toBuffer({ resolveWithObject: true });
    for (const property of properties) {
      const step = sharp(shown.data, { raw: shown.info });
      const value = property.readUInt8(8);
      if (property.includes('irot')) step.rotate(-90 * value);
      else if (value === 0) step.flip();
      else step.flop();
      shown = await step.raw().toBuffer({ resolveWithObject: true });
    }
    expect(await sharp(tagged).autoOrient().raw().toBuffer()).toEqual(shown.data);
  }
});

describe('the size of a HEIF file', () => {
  const clap = (...numbers: readonly number[]) => box('clap', ...numbers.map(u32));

  it('is what its clean aperture leaves, in whole pixels', () => {
    const cut = heic([clap(45, 1, 31, 1, 0, 1, 0, 1), transform('irot', 3)]);
    expect(dimensionsOf(cut)).toEqual({ width: 45, height: 31, orientation: 6 });
    expect(dimensionsOf(heic([clap(91, 2, 61, 2, 0, 1, 0, 1)]))).toMatchObject({ width: 46, height: 31 });
  });

  it('is the whole picture where the clean aperture makes no sense', () => {
    expect(dimensionsOf(heic([clap(45, 0, 31, 1)]))).toMatchObject({ width: 48, height: 32 });
    expect(dimensionsOf(heic([clap(0, 0, 31, 1)]))).toMatchObject({ width: 48, height: 32 });
  });

  it('is that of the first track with a picture, where there is no still image', () => {
    const track = (width: number, height: number) =>
      box('trak', box('tkhd', Buffer.alloc(76), u32(width * 0x10000), u32(height * 0x10000)));
    const others = [track(0, 0), track(64, 0), track(0, 64)];
    const tracks = [...others, track(48, 32), track(64, 64)];
    const sequence = Buffer.concat([fileType('msf1'), box('moov', box('mvhd'), ...tracks)]);
    expect(dimensionsOf(sequence)).toEqual({ width: 48, height: 32, orientation: 1 });
  });

  it('is read from the bit fields of the low-overhead format', () => {
    const file = (fields: string) =>
      Buffer.concat([fileType('mif3'), box('mini', Buffer.from(fields, 'hex'))]);
    // Orientation 6, a small size: one bit, then seven each.
    expect(dimensionsOf(file('0005af3e0000'))).toEqual({ width: 48, height: 32, orientation: 6 });
    // Upright, a large size: one bit, then fifteen each.
    expect(dimensionsOf(file('00000f9f1770'))).toEqual({ width: 4000, height: 3001, orientation: 1 });
    expect(dimensionsOf(file('0000'))).toBeUndefined();
  });
});

/** A HEIC file of 48 × 32 without a picture, whose primary item has these properties. */
function heic(properties: readonly Buffer[]): Buffer {
  const size = box('ispe', Buffer.from('000000000000003000000020', 'hex'));
  const indexes = [size, ...properties].map((_, index) => index + 1);
  return Buffer.concat([
    fileType('heic'),
    box(
      'meta',
      Buffer.alloc(4),
      box('pitm', Buffer.from('000000000001', 'hex')),
      box(
        'iprp',
        box('ipco', size, ...properties),
        box('ipma', Buffer.from('00000000000000010001', 'hex'), Buffer.from([indexes.length, ...indexes])),
      ),
    ),
  ]);
}

function fileType(brand: string): Buffer {
  return box('ftyp', Buffer.from(`${brand}\0\0\0\0mif1heic`));
}

function transform(type: 'imir' | 'irot', value: number): Buffer {
  return box(type, Buffer.from([value]));
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const head = Buffer.from(`\0\0\0\0${type}`);
  head.writeUInt32BE(Buffer.concat(content).length + 8);
  return Buffer.concat([head, ...content]);
}

function orientationOf(...bytes: readonly Buffer[]): number | undefined {
  return dimensionsOf(Buffer.concat(bytes))?.orientation;
}

function dimensionsOf(bytes: Buffer) {
  const { mimeType = '' } = recognise(bytes) ?? {};
  return readers[mimeType]?.measure(fromMemory(bytes));
}
