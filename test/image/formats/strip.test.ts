import { appendFileSync, readFileSync } from 'node:fs';
import ExifReader from 'exifreader';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../../src/errors.ts';
import { type ByteSource, fromFile, fromMemory } from '../../../src/image/bytes.ts';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { stripMetadata } from '../../../src/image/formats/strip.ts';
import { createDice } from '../../helpers/dice.ts';
import { temporaryFile } from '../../helpers/files.ts';
import { fixture, fixtureImages } from '../../helpers/fixtures.ts';
import { readers } from '../../helpers/readers.ts';
import { eachRow } from '../../helpers/rows.ts';

const strippable = fixtureImages.filter(({ mimeType }) => /png|jpeg|webp/.test(mimeType));
const read = (file: string) => readFileSync(fixture(`images/${file}`));

/** What fixtures/make.sh hides in the pictures, in each encoding that it is written in. */
const secrets = ['home-address-12345', 'SN-987654321', 'Zoë Müller'].flatMap((text) => [
  Buffer.from(text, 'utf8'),
  Buffer.from(text, 'latin1'),
  Buffer.from(text, 'utf16le'),
]);

it('removes all but the orientation, and says what went', () =>
  eachRow(
    [
      [
        'metadata.jpg',
        ['EXIF', 'GPS position', 'IPTC', 'Photoshop settings', 'XMP', 'comments', 'thumbnail'],
      ],
      [
        'metadata-progressive.jpg',
        ['EXIF', 'GPS position', 'IPTC', 'Photoshop settings', 'XMP', 'comments', 'thumbnail'],
      ],
      ['motion-photo.jpg', ['EXIF', 'GPS position', 'XMP', 'trailing data']],
      ['metadata.png', ['EXIF', 'GPS position', 'XMP', 'text', 'time of the last change']],
      ['metadata.webp', ['EXIF', 'GPS position', 'XMP']],
    ],
    async ([file, expected]) => {
      const before = read(file);
      const { readable, removed } = await stripped(before);
      const after = await bytesOf(readable);
      expect([...removed].sort()).toEqual(expected);

      const found = (bytes: Buffer) => secrets.filter((secret) => bytes.includes(secret)).length;
      expect(found(before)).toBeGreaterThanOrEqual(4);
      expect(found(after)).toBe(0);

      // What another reader finds.
      expect(Object.keys(ExifReader.load(before, { expanded: true }))).toContain('gps');
      const left = ExifReader.load(after, { expanded: true });
      const groups = Object.keys(left).filter(
        (name) => !['jfif', 'icc', 'png', 'pngFile', 'riff'].includes(name),
      );
      const isUpright = file === 'metadata-progressive.jpg';
      expect(groups.sort()).toEqual(isUpright ? ['file'] : ['exif', 'file']);
      expect(Object.keys(left.exif ?? {})).toEqual(isUpright ? [] : ['Orientation']);
      expect(Object.keys(left.file ?? {})).not.toContain('Comment');
    },
  ));

it('leaves every picture as it is', () =>
  eachRow(strippable, async ({ file }) => {
    const before = read(file);
    const { readable } = await stripped(before);
    const after = await bytesOf(readable);

    const [was, is] = await Promise.all([decoded(before), decoded(after)]);
    expect(is.pixels.equals(was.pixels)).toBe(true);
    expect(is.metadata).toEqual(was.metadata);
    expect(dimensionsOf(fromMemory(after))).toEqual(dimensionsOf(fromMemory(before)));
    expect(dimensionsOf(readable)).toEqual(dimensionsOf(fromMemory(before)));

    // It has the size it says, and is the same each time.
    expect(after.length).toBeLessThanOrEqual(before.length);
    expect(readable.bytes).toBe(after.length);
    expect(await bytesOf(readable)).toEqual(after);

    // Stripped again, it is left alone.
    const source = fromMemory(after);
    const again = await stripMetadata(source, typeOf(before), 'picture');
    expect(again.removed).toEqual([]);
    expect(again.readable).toBe(source);
  }));

describe('a picture larger than a piece', () => {
  const dice = createDice(7);
  const noise = Buffer.from(Array.from({ length: 400 * 300 * 3 }, () => dice.below(256)));
  const secret = 'x'.repeat(60_000);
  const large = async () => {
    const picture = sharp(noise, { raw: { width: 400, height: 300, channels: 3 } });
    const jpeg = await picture.withMetadata({ orientation: 3 }).jpeg({ quality: 95 }).toBuffer();
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xea, 0x62]), Buffer.from(secret)]);
    return Buffer.concat([
      jpeg.subarray(0, 2),
      comment,
      comment,
      jpeg.subarray(2),
      Buffer.from(secret.repeat(3)),
    ]);
  };

  it('comes in whole pieces, from memory as from a file', async () => {
    const bytes = await large();
    const fromDisk = await stripMetadata(
      fromFile(temporaryFile('a.jpg', bytes), 'a.jpg'),
      'image/jpeg',
      'a.jpg',
    );
    const lengths: number[] = [];
    for await (const piece of fromDisk.readable.open()) lengths.push(piece.length);
    expect(lengths.length).toBeGreaterThan(1);
    expect(new Set(lengths.slice(0, -1))).toEqual(new Set([72 * 1024]));
    expect(await bytesOf(fromDisk.readable)).toEqual(await bytesOf((await stripped(bytes)).readable));
    expect((await bytesOf(fromDisk.readable)).includes('xxxx')).toBe(false);
  });

  it('can be read from any place', async () => {
    const { readable } = await stripped(await large());
    const whole = await bytesOf(readable);
    for (let round = 0; round < 500; round += 1) {
      const offset = dice.pick([dice.below(64), dice.below(whole.length + 9)]);
      const length = dice.pick([0, 1, dice.below(200), dice.below(whole.length + 9)]);
      expect(readable.readAt(offset, length).equals(whole.subarray(offset, offset + length))).toBe(true);
    }
  });

  it('is never sent whole when the file changes meanwhile, even behind the picture', async () => {
    const path = temporaryFile('a.jpg', await large());
    const { readable } = await stripMetadata(fromFile(path, 'a.jpg'), 'image/jpeg', 'a.jpg');
    let received = 0;
    const reading = async () => {
      for await (const piece of readable.open()) {
        received += piece.length;
        appendFileSync(path, 'more');
      }
    };
    await expect(reading()).rejects.toThrow('a.jpg: changed while it was being read');
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(readable.bytes);
  });

  it('lets go of its source when nobody reads on', async () => {
    const source = fromMemory(await large());
    let isClosed = false;
    const open = async function* () {
      try {
        yield* source.open();
      } finally {
        isClosed = true;
      }
    };
    const { readable } = await stripMetadata({ ...source, open }, 'image/jpeg', 'a.jpg');
    for await (const _ of readable.open()) break;
    expect(isClosed).toBe(true);
  });
});

describe('what cannot be stripped', () => {
  it('is named, whatever it is', () =>
    eachRow(
      [
        ['photo.heic', 'image/heic', 'a HEIC image', 'heif-convert photo.heic photo.jpg'],
        ['mif1.heif', 'image/heif', 'a HEIF image', 'heif-convert photo.heic photo.jpg'],
        ['still.gif', 'image/gif', 'image/gif', 'magick FILE picture.png'],
      ],
      async ([file, mimeType, what, command]) => {
        const error = await failure(() => stripMetadata(fromMemory(read(file)), mimeType, 'a.b'));
        expect(error.message).toBe(`a.b: metadata cannot be removed from ${what} without re-encoding it`);
        expect(error.hint).toContain(command);
      },
    ));

  it('is text that was declared to be an image', () =>
    eachRow(['image/png', 'image/jpeg', 'image/webp'], async (mimeType) => {
      for (const text of ['some text, long enough to be a picture', 'x', '']) {
        const error = await failure(() => stripMetadata(fromMemory(Buffer.from(text)), mimeType, 'a.b'));
        expect(error.message).toMatch(/^a\.b: its metadata cannot be removed: /);
      }
    }));
});

function stripped(bytes: Buffer) {
  return stripMetadata(fromMemory(bytes), typeOf(bytes), 'picture');
}

function typeOf(bytes: Buffer): string {
  return bytes[0] === 0x89 ? 'image/png' : bytes[0] === 0xff ? 'image/jpeg' : 'image/webp';
}

async function bytesOf(readable: ByteSource): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of readable.open()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function dimensionsOf(readable: ByteSource) {
  return readers[recognise(readable.readAt(0, 4096))?.mimeType ?? '']?.measure(readable);
}

/** All pages as sharp decodes them, and what it knows of size, orientation and colours. */
async function decoded(bytes: Buffer) {
  const picture = sharp(bytes, { failOn: 'none', pages: -1 });
  const { width, height, orientation, icc, space, density, pages, delay } = await picture.metadata();
  return {
    pixels: await picture.raw().toBuffer(),
    metadata: { width, height, orientation: orientation ?? 1, icc, space, density, pages, delay },
  };
}

async function failure(action: () => Promise<unknown>): Promise<ImageError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
