import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fromMemory } from '../../../src/image/bytes.ts';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { type FixtureImage, fixture, fixtureImages } from '../../helpers/fixtures.ts';
import { readers } from '../../helpers/readers.ts';

const sendable = fixtureImages.filter(({ width }) => width !== undefined);

it.each(sendable)('reads $file as $width × $height', (image) => {
  const { file, width, height } = image;
  const orientation = expectedOrientation(image);
  expect(dimensionsOf(readFileSync(fixture(`images/${file}`)))).toEqual({ width, height, orientation });
});

it.each(sendable)('answers or says nothing for $file cut anywhere', ({ file, width, height }) => {
  const bytes = readFileSync(fixture(`images/${file}`));
  const wrong: number[] = [];
  for (let length = 0; length < Math.min(bytes.length, 2000); length += 1) {
    const dimensions = dimensionsOf(bytes.subarray(0, length));
    if (dimensions && (dimensions.width !== width || dimensions.height !== height)) wrong.push(length);
  }
  expect(wrong).toEqual([]);
});

it.each(sendable)('answers or says nothing for $file with any byte changed', ({ file }) => {
  const bytes = readFileSync(fixture(`images/${file}`));
  const wrong: number[] = [];
  for (let at = 0; at < Math.min(bytes.length, 1200); at += 1) {
    for (const value of [0x00, 0x7f, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const dimensions = dimensionsOf(changed);
      if (dimensions === undefined) continue;
      const { width, height, orientation } = dimensions;
      const isRight =
        width * height > 0 && Number.isInteger(orientation) && orientation >= 1 && orientation <= 8;
      if (!isRight) wrong.push(at);
    }
  }
  expect(wrong).toEqual([]);
});

describe('the orientation', () => {
  const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
  const picture = sharp(fixture('images/rgb.png'));

  it.each(orientations)('is read as %i from a JPEG, PNG or WebP that has it', async (orientation) => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await picture.clone().withMetadata({ orientation }).toFormat(format).toBuffer();
      expect(dimensionsOf(bytes)).toEqual({ width: 48, height: 32, orientation });
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

  const mirrors = [undefined, 0, 1] as const;
  const turns = [undefined, 0, 1, 2, 3] as const;
  it.each(mirrors.flatMap((mirror) => turns.map((turn) => ({ mirror, turn }))))(
    'of a HEIC file follows imir $mirror and irot $turn in the order they are listed in',
    async ({ mirror, turn }) => {
      const imir = mirror === undefined ? [] : [box('imir', Buffer.from([mirror]))];
      const irot = turn === undefined ? [] : [box('irot', Buffer.from([turn]))];
      for (const properties of [
        [...imir, ...irot],
        [...irot, ...imir],
      ]) {
        const { orientation = 0 } = dimensionsOf(heic(properties)) ?? {};
        // What sharp shows a picture with that EXIF orientation as, against each step done by itself.
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
    },
  );
});

function expectedOrientation({ mimeType, orientation, rotation, mirror }: FixtureImage): number {
  // HEIF readers ignore EXIF's.
  if (!/hei[cf]/.test(mimeType)) return orientation ?? 1;
  const known: Readonly<Record<string, number>> = { '': 1, '270': 6, '270 vertical': 7 };
  return known[[rotation, mirror].filter((part) => part !== undefined).join(' ')] ?? Number.NaN;
}

/** A HEIC file of 48 × 32 without a picture, whose primary item has these properties. */
function heic(properties: readonly Buffer[]): Buffer {
  const size = box('ispe', Buffer.from('000000000000003000000020', 'hex'));
  const indexes = [size, ...properties].map((_, index) => index + 1);
  return Buffer.concat([
    box('ftyp', Buffer.from('heic\0\0\0\0mif1heic')),
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
