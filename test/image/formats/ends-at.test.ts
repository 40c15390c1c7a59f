import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../../src/errors.ts';
import { type ByteSource, chunkBytes, fromMemory } from '../../../src/image/bytes.ts';
import { createDice } from '../../helpers/dice.ts';
import { fixture, fixtureImages } from '../../helpers/fixtures.ts';
import { readers } from '../../helpers/readers.ts';

const types = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'] as const;
const sendable = fixtureImages.filter(({ sendable }) => sendable !== false);
/** Those with nothing behind the picture. */
const single = sendable.filter(({ file }) => !['truncated.jpg', 'motion-photo.jpg'].includes(file));
const image = (file: string) => readFileSync(fixture(`images/${file}`));
const endsEarly = (readable: ByteSource, mimeType: string) =>
  (readers[mimeType]?.endsAt(readable) ?? 0) > readable.bytes;
const isEarly = (bytes: Buffer, mimeType: string) => endsEarly(fromMemory(bytes), mimeType);

it('notices wherever an image is cut in its second half', () => {
  const missed: string[] = [];
  for (const { file, mimeType } of single) {
    const bytes = image(file);
    for (let length = Math.ceil(bytes.length / 2); length < bytes.length; length += 1) {
      const isMissed = !isEarly(bytes.subarray(0, length), mimeType);
      if (isMissed && !isUntold(bytes, length, mimeType)) missed.push(`${file} cut to ${length}`);
    }
  }
  expect(missed).toEqual([]);
});

/** Where a cut takes a checksum at most, or leaves a HEIC file without the header of its last box. */
function isUntold(bytes: Buffer, length: number, mimeType: string): boolean {
  const checksum = bytes.lastIndexOf('IEND') + 4;
  const data = bytes.lastIndexOf('mdat') - 4;
  if (mimeType === 'image/png') return length >= checksum;
  return mimeType.startsWith('image/hei') && length >= data && length < data + 8;
}

it('notices where a large image is cut', async () => {
  for (const type of ['jpeg', 'png', 'webp'] as const) {
    const bytes = await sharp(fixture('sunset.jpg')).toFormat(type).toBuffer();
    const mimeType = `image/${type}`;
    expect(isEarly(bytes, mimeType)).toBe(false);
    for (let length = 1000; length < bytes.length - 12; length += 997)
      expect(isEarly(bytes.subarray(0, length), mimeType), `${type} cut to ${length}`).toBe(true);
  }
});

describe('a picture with others behind it', () => {
  const photo = image('with-thumbnail.jpg');
  const film = image('clip.mp4');

  it('ends where the first ends', () => {
    const motionPhoto = image('motion-photo.jpg');
    const files: readonly (readonly [file: Buffer, end: number])[] = [
      [motionPhoto, motionPhoto.indexOf('ffd9', 'hex') + 2],
      [Buffer.concat([photo, image('jfif.jpg')]), photo.length],
      [Buffer.concat([photo, film]), photo.length],
    ];
    for (const [bytes, end] of files) {
      for (let length = end - 300; length <= bytes.length; length += 1) {
        expect(isEarly(bytes.subarray(0, length), 'image/jpeg'), `${length}`).toBe(length < end);
      }
    }
  });

  it('may be a HEIC one, whose film is a box of its own', () => {
    const box = Buffer.from('\0\0\0\0mpvd');
    box.writeUInt32BE(film.length + 8);
    const bytes = Buffer.concat([image('photo.heic'), box, film]);
    expect(isEarly(bytes, 'image/heic')).toBe(false);
    expect(isEarly(bytes.subarray(0, -100), 'image/heic')).toBe(false);
  });
});

describe('says nothing', () => {
  it('of other formats, nor of a file of another format than it is said to be', () => {
    expect(isEarly(image('still.gif').subarray(0, 100), 'image/gif')).toBe(false);
    for (const type of types) {
      expect(isEarly(image('still.gif').subarray(0, 100), type)).toBe(false);
      expect(isEarly(Buffer.alloc(0), type)).toBe(false);
    }
  });

  it('of sizes that were never filled in', () => {
    const webp = image('lossy.webp');
    webp.writeUInt32LE(0xffffffff, 4);
    expect(isEarly(webp, 'image/webp')).toBe(false);
    const heic = image('photo.heic');
    heic.writeUInt32BE(0, heic.lastIndexOf('mdat') - 4);
    expect(isEarly(heic, 'image/heic')).toBe(false);
  });

  it('when the file cannot be read', () => {
    const readAt = () => {
      throw new ImageError('changed while it was being read');
    };
    for (const type of types) {
      expect(endsEarly({ ...fromMemory(Buffer.alloc(0)), bytes: 1000, readAt }, type)).toBe(false);
    }
  });
});

it('never throws, whatever the bytes', () => {
  const dice = createDice(7);
  for (let round = 0; round < 4000; round += 1) {
    const { file, mimeType } = dice.pick(sendable);
    const bytes = dice.below(4) === 0 ? Buffer.alloc(dice.below(400)) : image(file);
    const [from, hits] = [dice.below(bytes.length + 1), dice.below(30)];
    for (let hit = 0; hit < hits; hit += 1) bytes[from + dice.below(40)] = dice.below(256);
    const cut = bytes.subarray(0, dice.below(bytes.length + 1));
    expect(typeof isEarly(cut, mimeType)).toBe('boolean');
    expect(typeof isEarly(cut, dice.pick(types))).toBe('boolean');
  }
});

describe('reads', () => {
  function counted(bytes: Buffer) {
    const reads: number[] = [];
    const readable: ByteSource = {
      ...fromMemory(bytes),
      readAt: (offset, length) => {
        expect(offset).toBeGreaterThanOrEqual(0);
        const piece = bytes.subarray(offset, offset + length);
        reads.push(piece.length);
        return piece;
      },
    };
    return { readable, reads };
  }

  it('next to nothing of a complete image', () => {
    for (const { file, mimeType } of single) {
      const { readable, reads } = counted(image(file));
      endsEarly(readable, mimeType);
      expect(
        reads.reduce((sum, read) => sum + read, 0),
        file,
      ).toBeLessThan(100);
    }
  });

  it('a large JPEG in pieces, once', () => {
    const start = image('jfif.jpg').subarray(0, -2);
    const { readable, reads } = counted(Buffer.concat([start, Buffer.alloc(10_000_000, 1)]));
    expect(endsEarly(readable, 'image/jpeg')).toBe(true);
    expect(Math.max(...reads)).toBeLessThanOrEqual(chunkBytes);
    expect(reads.reduce((sum, read) => sum + read, 0)).toBeLessThan(10_010_000);
  });

  it('a hostile file only so far', () => {
    const hostile = {
      'image/jpeg': [Buffer.from('ffd8', 'hex'), Buffer.from('ffd0', 'hex')],
      'image/png': [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from('\0\0\0\0tEXt\0\0\0\0')],
      'image/heic': [image('photo.heic').subarray(0, 28), Buffer.from('\0\0\0\x08free')],
    } as const;
    for (const [mimeType, [start, part]] of Object.entries(hostile)) {
      const { readable, reads } = counted(Buffer.concat([start, Buffer.alloc(3_000_000, part)]));
      expect(endsEarly(readable, mimeType), mimeType).toBe(false);
      expect(reads.length, mimeType).toBeLessThan(40_000);
    }
  });
});
