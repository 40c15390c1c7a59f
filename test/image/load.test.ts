import { appendFileSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/errors.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture, fixtureImages } from '../helpers/fixtures.ts';
import { load } from '../helpers/load.ts';
import { eachRow } from '../helpers/rows.ts';

const large = () =>
  temporaryFile(
    'large.png',
    Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(1_000_000)]),
  );

describe('loading', () => {
  it('loads each image that is sent as what it is, whatever its name', async () => {
    for (const { file, mimeType } of fixtureImages.filter(({ sendable }) => sendable !== false)) {
      const path = fixture(`images/${file}`);
      const bytes = readFileSync(path);
      const image = await load(temporaryFile('picture.unknown', bytes));
      expect(image, file).toMatchObject({ mimeType, bytes: bytes.length });
      const cut =
        file === 'truncated.jpg' ? [expect.stringContaining('is truncated: the end of a JPEG')] : [];
      expect(image.warnings, file).toEqual(cut);
      expect(await readAll(image.open()), file).toEqual(bytes);
      expect((await load(path)).warnings, file).toEqual(cut);
    }
  });

  it('takes bytes and file URLs as well as paths', async () => {
    const path = fixture('images/jfif.jpg');
    const bytes = readFileSync(path);
    for (const input of [bytes, new Uint8Array(bytes), pathToFileURL(path), pathToFileURL(path).href]) {
      const image = await load(input);
      expect(image).toMatchObject({ mimeType: 'image/jpeg', bytes: bytes.length });
      expect(await readAll(image.open())).toEqual(bytes);
      expect(image.dimensions).toEqual({ width: 48, height: 32, orientation: 1 });
    }
  });

  it('warns that an image is not what its name says', () =>
    eachRow(
      [
        ['picture.png', 'lossy.webp', 'a WebP image', 'image/png', 'image/webp'],
        ['photo.jpg', 'photo.heic', 'a HEIC image', 'image/jpeg', 'image/heic'],
        ['photo.gif', 'rgb.png', 'a PNG image', 'image/gif', 'image/png'],
      ],
      async ([name, file, what, said, mimeType]) => {
        const path = temporaryFile(name, readFileSync(fixture(`images/${file}`)));
        const image = await load(path);
        expect(image.mimeType).toBe(mimeType);
        expect(image.warnings).toEqual([`${path} is ${what}, but named as ${said}; sent as ${mimeType}`]);
      },
    ));

  it('does not warn about a name that says the same, or nothing', () =>
    eachRow(['PHOTO.JPG', 'photo.jpeg', 'photo', 'photo.jpg.part'], async (name) => {
      const path = temporaryFile(name, readFileSync(fixture('images/jfif.jpg')));
      expect((await load(path)).warnings).toEqual([]);
    }));

  it('goes by the name where the bytes say nothing, and warns', async () => {
    const path = temporaryFile('photo.heic', Buffer.from([0, 0x17, 0x2a, 0xff, 0x80, 0]));
    const image = await load(path);
    expect(image.mimeType).toBe('image/heic');
    expect(image.warnings).toEqual([
      `${path} has an unknown format; sent as image/heic because of its extension`,
    ]);
  });

  it('does not send a file of which neither name nor bytes say anything', () =>
    eachRow(['photo.tga', 'photo', 'photo.zzz'], async (name) => {
      const path = temporaryFile(name, Buffer.from([0, 0x17, 0x2a, 0xff, 0x80, 0]));
      await expect(load(path)).rejects.toThrow(/not a known image format/);
    }));

  it('sends anything as the type it is told', async () => {
    const image = await load(fixture('images/still.gif'), { mimeType: 'image/gif' });
    expect(image).toMatchObject({ mimeType: 'image/gif', warnings: [] });
  });
});

describe.each<[string, (path: string) => void]>([
  ['shrinks', (path) => truncateSync(path, 500_000)],
  ['grows', (path) => appendFileSync(path, 'more')],
  ['is emptied', (path) => truncateSync(path, 0)],
  [
    'is written again',
    (path) => {
      writeFileSync(path, readFileSync(path));
      utimesSync(path, new Date(0), new Date(0));
    },
  ],
])('a file that %s', (_, change) => {
  it('after it was loaded is not sent', async () => {
    const path = large();
    const image = await load(path);
    change(path);
    await expect(readAll(image.open())).rejects.toThrow('changed while it was being read');
  });

  it('while it is read ends in an error before its last piece', async () => {
    const path = large();
    const image = await load(path);
    let bytes = 0;
    const read = async () => {
      for await (const chunk of image.open()) {
        if (bytes === 0) change(path);
        bytes += chunk.length;
      }
    };
    await expect(read()).rejects.toThrow(ImageError);
    expect(bytes).toBeLessThan(image.bytes);
  });
});

it('reads a file again from its start', async () => {
  const image = await load(large());
  const [first, second] = [await readAll(image.open()), await readAll(image.open())];
  expect(first.length).toBe(image.bytes);
  expect(first.equals(second)).toBe(true);
});

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}
