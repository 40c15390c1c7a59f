import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/errors.ts';
import { recognise } from '../../src/image/formats/recognise.ts';
import { readAll, temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { fixture, fixtureImages } from '../helpers/fixtures.ts';
import { load } from '../helpers/load.ts';

const sunset = fixture('sunset.jpg');

describe('an image that the API takes', () => {
  it.each(fixtureImages.filter(({ sendable }) => sendable !== false))(
    'goes as it is: $file',
    async ({ file, mimeType, width }) => {
      const path = fixture(`images/${file}`);
      for (const options of [{}, { maxEdge: 10_000 }]) {
        // What has no known size is not known to be small enough.
        if (width === undefined && options.maxEdge) continue;
        const image = await load(path, options);
        expect(image).toMatchObject({ mimeType, changes: [] });
        expect((await readAll(image)).equals(readFileSync(path))).toBe(true);
      }
    },
  );
});

describe('an image that the API does not take', () => {
  it.each([
    'still.gif',
    'animated.gif',
    'little-endian.tif',
    'bigtiff.tif',
    'photo.avif',
    'plain.svg',
    'utf16.svg',
  ])('is converted: %s', async (file) => {
    const { mimeType: from } = fixtureImages.find((row) => row.file === file) ?? {};
    const image = await load(fixture(`images/${file}`));
    const bytes = await readAll(image);
    expect(image.bytes).toBe(bytes.length);
    expect(recognise(bytes)).toMatchObject({ mimeType: image.mimeType, sendable: true });
    expect(image.changes[0]).toBe(`converted from ${from} to ${image.mimeType}`);
    expect(image.dimensions).toMatchObject({ orientation: 1 });
    expect(image.warnings).toEqual([]);
  });

  it('is refused where it is not to be converted', async () => {
    await expect(load(fixture('images/still.gif'), { convert: false })).rejects.toThrow(
      'still.gif: a GIF image, which the API does not accept',
    );
  });

  it('goes as it is where somebody declares its type', async () => {
    const path = fixture('images/still.gif');
    const image = await load(path, { mimeType: 'image/gif' });
    expect(image).toMatchObject({ mimeType: 'image/gif', changes: [] });
    expect((await readAll(image)).equals(readFileSync(path))).toBe(true);
  });

  it.each(['windows.bmp', 'codestream.jxl', 'raw-like.dng'])(
    'and nobody here decodes is refused: %s',
    async (file) => {
      const failure = await load(fixture(`images/${file}`)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ImageError);
      expect((failure as ImageError).hint).toMatch(/^Convert it first: /);
    },
  );

  it('and is damaged is named, not sent', async () => {
    const tiff = readFileSync(fixture('images/little-endian.tif'));
    const path = temporaryFile('torn.tif', tiff.subarray(0, tiff.length / 2));
    await expect(load(path)).rejects.toThrow(/torn\.tif: cannot be decoded/);
  });
});

describe('scaling down', () => {
  it('makes the longest side as long as it may be, and says so', async () => {
    const image = await load(sunset, { maxEdge: 480 });
    expect(image).toMatchObject({ mimeType: 'image/jpeg', dimensions: { width: 480, height: 320 } });
    expect(image.changes).toEqual(['scaled from 960 × 640 to 480 × 320']);
    expect(image.bytes).toBeLessThan(readFileSync(sunset).length);
  });

  it('turns a photo upright', async () => {
    const image = await load(fixture('images/exif-rotated.jpg'), { maxEdge: 24 });
    expect(image.dimensions).toEqual({ width: 16, height: 24, orientation: 1 });
    expect(image.changes).toContain('turned upright');
  });

  it('does nothing to what is small enough', async () => {
    expect(await load(sunset, { maxEdge: 960 })).toMatchObject({
      changes: [],
      bytes: readFileSync(sunset).length,
    });
  });

  it('says that HEIC cannot be scaled down, instead of sending it too large', async () => {
    const failure = await load(fixture('images/photo.heic'), { maxEdge: 10 }).catch(
      (error: unknown) => error,
    );
    expect((failure as ImageError).message).toMatch(/a HEIC image, which cannot be scaled down here$/);
    expect((failure as ImageError).hint).toContain('heif-convert');
  });
});

describe('removing metadata', () => {
  it('leaves the picture as it is, and says what went', async () => {
    const path = fixture('images/metadata.jpg');
    const image = await load(path, { stripMetadata: true });
    expect(image.changes).toHaveLength(1);
    expect(image.changes[0]).toMatch(/^removed .*GPS position/);
    const bytes = await readAll(image);
    expect(bytes.length).toBe(image.bytes);
    expect((await pixels(bytes)).equals(await pixels(readFileSync(path)))).toBe(true);
  });

  it('happens by itself where an image is encoded anew', async () => {
    const image = await load(fixture('images/metadata.jpg'), { stripMetadata: true, maxEdge: 10 });
    expect((await sharp(await readAll(image)).metadata()).exif).toBeUndefined();
  });

  it.each(['photo.heic', 'mif1.heif'])('is refused where it cannot be done: %s', async (file) => {
    await expect(load(fixture(`images/${file}`), { stripMetadata: true })).rejects.toThrow(
      /metadata cannot be removed/,
    );
  });

  it('is refused for what is not understood', async () => {
    const path = temporaryFile('photo.heic', Buffer.from([0, 0x17, 0x2a, 0xff, 0x80, 0]));
    for (const options of [{ stripMetadata: true }, { maxEdge: 100 }]) {
      await expect(load(path, options)).rejects.toThrow('unknown format, so it cannot be changed');
    }
  });
});

describe('a bomb', () => {
  const bomb = () => {
    const path = join(temporaryFolder(), 'bomb.png');
    writeFileSync(path, bombOf(60_000, 60_000));
    return path;
  };

  it('of 60,000 × 60,000 pixels in a small file is neither sent nor decoded', async () => {
    for (const options of [{}, { maxEdge: 1000 }, { stripMetadata: true }]) {
      await expect(load(bomb(), options)).rejects.toThrow(
        'bomb.png: 60,000 × 60,000 pixels, more than the limit of 1,000 megapixels',
      );
    }
  });
});

/** A PNG of one bit for a pixel, all black. */
function bombOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000_000), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}

async function pixels(bytes: Buffer): Promise<Buffer> {
  return sharp(bytes).raw().toBuffer();
}
