import { readFileSync } from 'node:fs';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { AbortedError, ImageError } from '../../src/errors.ts';
import { type ByteSource, fromMemory } from '../../src/image/bytes.ts';
import { decodabilityOf, type ReencodeOptions, reencode } from '../../src/image/convert.ts';
import type { Format } from '../../src/image/formats/image-format.ts';
import { recognise } from '../../src/image/formats/recognise.ts';
import { formats } from '../../src/image/formats/signatures.ts';
import { createDice } from '../helpers/dice.ts';
import { readAll } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { eachRow } from '../helpers/rows.ts';

const image = (file: string) => readFileSync(fixture(`images/${file}`));
const sunset = readFileSync(fixture('sunset.jpg'));

const usual = { name: 'picture', timeoutMs: 60_000 };

async function convert(bytes: Buffer, options: Partial<ReencodeOptions> = {}) {
  const format: Format = recognise(bytes) ?? formats.text;
  const result = await reencode(fromMemory(bytes), format, { ...usual, ...options });
  if (result === undefined) return undefined;
  const data = await readAll(result.readable);
  const { width, height, ...facts } = await sharp(data).metadata();
  expect(recognise(data)?.mimeType).toBe(result.mimeType);
  expect(facts).toMatchObject({ depth: 'uchar', hasProfile: false });
  expect(facts).not.toMatchObject({ exif: expect.anything() });
  return { ...result, data, width, height, facts };
}

/** How far two images are apart on average, each channel from 0 to 255. */
async function distance(one: Buffer, other: Buffer, size?: { width: number; height: number }) {
  const [a, b] = await Promise.all(
    [one, other].map((bytes) =>
      sharp(bytes, { failOn: 'none' })
        .autoOrient()
        .resize(size ? { ...size, fit: 'fill' } : {})
        .toColourspace('srgb')
        .removeAlpha()
        .raw({ depth: 'uchar' })
        .toBuffer(),
    ),
  );
  if (a === undefined || b === undefined || a.length !== b.length) throw new Error('of different sizes');
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / a.length;
}

/** A picture with the grain that photographs have. */
async function photograph(width: number, height: number) {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const grain = sharp({ create: { width, height, channels: 3, background: '#888', noise } });
  const input = await sharp(sunset)
    .resize(width, height)
    .composite([{ input: await grain.blur(0.8).png().toBuffer(), blend: 'soft-light' }])
    .removeAlpha()
    .png()
    .toBuffer();
  return sharp(input);
}

describe('converting', () => {
  it('makes a PNG of other formats, pixel for pixel', () =>
    eachRow(
      [
        ['still.gif', 48, 32, ['converted from image/gif to image/png']],
        ['animated.gif', 48, 32, ['converted from image/gif to image/png', 'first of 3 frames']],
        ['little-endian.tif', 36, 24, ['converted from image/tiff to image/png']],
        ['big-endian.tif', 36, 24, ['converted from image/tiff to image/png']],
        ['bigtiff.tif', 36, 24, ['converted from image/tiff to image/png']],
        ['photo.avif', 48, 32, ['converted from image/avif to image/png']],
        ['animated.avif', 48, 32, ['converted from image/avif to image/png', 'first frame']],
      ],
      async ([file, width, height, changes]) => {
        const bytes = image(file);
        const result = await convert(bytes);
        expect(result).toMatchObject({ mimeType: 'image/png', width, height, changes });
        if (file === 'animated.avif') bytes.write('avif', 8); // For the comparison alone.
        expect(await distance(result?.data ?? bytes, bytes)).toBe(0);
      },
    ));

  it('makes a JPEG of a photograph and a PNG of a drawing', async () => {
    const grainy = await (await photograph(960, 640)).tiff({ compression: 'lzw' }).toBuffer();
    const photo = await convert(grainy);
    expect(photo?.mimeType).toBe('image/jpeg');
    expect(await distance(photo?.data ?? grainy, grainy)).toBeLessThan(2.5);

    const flat = sharp({ create: { width: 900, height: 600, channels: 3, background: '#fff' } });
    const text = Buffer.from(
      '<svg width="900" height="600"><g fill="none" stroke="#f00">' +
        Array.from({ length: 200 }, (_, i) => `<circle cx="${i * 4}" cy="${(i * 97) % 600}" r="${i}"/>`).join(
          '',
        ) +
        '</g></svg>',
    );
    const lines = await flat
      .composite([{ input: text, left: 0, top: 0 }])
      .tiff({ compression: 'lzw' })
      .toBuffer();
    const result = await convert(lines);
    expect(result?.mimeType).toBe('image/png');
    expect(result?.data.length).toBeGreaterThan(64 * 1024);
    expect(await distance(result?.data ?? sunset, lines)).toBe(0);
  });

  it('keeps what is transparent, and no alpha channel that says nothing is', async () => {
    const clear = await (await photograph(400, 300)).ensureAlpha(0.5).tiff({ compression: 'lzw' }).toBuffer();
    expect(await convert(clear)).toMatchObject({ mimeType: 'image/png', facts: { hasAlpha: true } });
    const opaque = await (await photograph(400, 300)).ensureAlpha(1).tiff({ compression: 'lzw' }).toBuffer();
    expect(await convert(opaque)).toMatchObject({ mimeType: 'image/jpeg' });
  });

  it('takes TIFF of every sort', async () => {
    const original = await sharp(sunset).resize(240, 160).png().toBuffer();
    const of = () => sharp(original);
    const sorts: Record<string, [tiff: Promise<Buffer>, within: number]> = {
      deflated: [of().tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer(), 0],
      tiled: [of().tiff({ tile: true, pyramid: true }).toBuffer(), 2.5],
      'as JPEG': [of().tiff({ compression: 'jpeg', quality: 95 }).toBuffer(), 2],
      'of 16 bits': [of().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(), 0],
      'of inks': [of().toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer(), 12],
      'of a wide gamut': [of().withIccProfile('p3').tiff({ compression: 'lzw' }).toBuffer(), 3],
      'of Lab': [of().toColourspace('lab').tiff({ compression: 'lzw' }).toBuffer(), 3],
    };
    for (const [sort, [tiff, within]] of Object.entries(sorts)) {
      const result = await convert(await tiff);
      expect(result, sort).toMatchObject({ width: 240, height: 160 });
      expect(await distance(result?.data ?? sunset, original), sort).toBeLessThanOrEqual(within);
    }
  });

  it('takes the first page of a scan in black and white', async () => {
    const page = (background: string) =>
      sharp({ create: { width: 300, height: 400, channels: 3, background } })
        .png()
        .toBuffer();
    const scan = await sharp([await page('#fff'), await page('#000')], { join: { animated: true } })
      .threshold()
      .toColourspace('b-w')
      .tiff({ bitdepth: 1, compression: 'ccittfax4' })
      .toBuffer();
    const result = await convert(scan);
    expect(result).toMatchObject({
      mimeType: 'image/png',
      width: 300,
      height: 400,
      changes: ['converted from image/tiff to image/png', 'first of 2 pages'],
    });
    expect(await distance(result?.data ?? scan, await page('#fff'))).toBe(0);
  });

  it('leaves where and when behind', async () => {
    const exif = {
      IFD0: { Copyright: 'somebody' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
    };
    const secret = sharp(sunset)
      .withExif(exif)
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret</x:xmpmeta>');
    for (const bytes of [
      await secret.clone().tiff().toBuffer(),
      await secret.clone().avif({ effort: 0 }).toBuffer(),
    ]) {
      expect(bytes.includes('secret')).toBe(true);
      const result = await convert(bytes);
      for (const trace of ['secret', 'somebody', 'Exif']) expect(result?.data.includes(trace)).toBe(false);
    }
  });
});

describe('shrinking', () => {
  it('makes each format smaller in pixels and bytes', () =>
    eachRow(
      [
        ['rgb.png', 'image/png'],
        ['palette.png', 'image/png'],
        ['gray16.png', 'image/png'],
        ['interlaced.png', 'image/png'],
        ['jfif.jpg', 'image/jpeg'],
        ['bare.jpg', 'image/jpeg'],
        ['progressive.jpg', 'image/jpeg'],
        ['grayscale.jpg', 'image/jpeg'],
        ['cmyk.jpg', 'image/jpeg'],
        ['icc.jpg', 'image/jpeg'],
        ['fill-bytes.jpg', 'image/jpeg'],
        ['with-thumbnail.jpg', 'image/jpeg'],
        ['lossy.webp', 'image/webp'],
        ['lossless.webp', 'image/webp'],
        ['alpha.webp', 'image/webp'],
      ],
      async ([file, mimeType]) => {
        const bytes = image(file);
        const result = await convert(bytes, { maxEdge: 24 });
        const changes = ['scaled from 48 × 32 to 24 × 16'];
        expect(result).toMatchObject({ mimeType, width: 24, height: 16, changes });
        expect(result?.data.length).toBeLessThanOrEqual(bytes.length);
        expect(await distance(result?.data ?? bytes, bytes, { width: 24, height: 16 })).toBeLessThan(8);
      },
    ));

  it('takes no more bytes for sunset.jpg at any size', () =>
    eachRow([959, 900, 640, 320, 100, 1], async (maxEdge) => {
      const result = await convert(sunset, { maxEdge });
      expect(result).toMatchObject({ mimeType: 'image/jpeg', width: maxEdge });
      expect(result?.data.length).toBeLessThanOrEqual(sunset.length);
    }));

  it('goes down in quality only as far as it must', async () => {
    const photo = await photograph(1200, 800);
    for (const quality of [95, 84, 75]) {
      const jpeg = await photo.clone().jpeg({ quality }).toBuffer();
      const result = await convert(jpeg, { maxEdge: 1150 });
      expect(result?.data.length).toBeLessThanOrEqual(jpeg.length);
      expect(await distance(result?.data ?? jpeg, jpeg, { width: 1150, height: 767 })).toBeLessThan(5);
    }
  });

  it('stores a PNG another way where PNG would grow', async () => {
    const stripes = await sharp({ create: { width: 1024, height: 1024, channels: 3, background: '#fff' } })
      .composite([
        {
          input: Buffer.from('<svg width="3" height="5"><path d="M0 0l3 5" stroke="#f00"/></svg>'),
          tile: true,
        },
      ])
      .png()
      .toBuffer();
    const result = await convert(stripes, { maxEdge: 1000 });
    expect(result?.mimeType).not.toBe('image/png');
    expect(result?.changes[0]).toMatch(/^converted from image\/png to image\/(webp|jpeg)$/);
  });

  it('makes no more bytes of an image of any quality, and hardly changes it', () =>
    eachRow(
      [
        ['jpeg', 10, 7],
        ['jpeg', 20, 4],
        ['jpeg', 40, 3],
        ['webp', 10, 3],
        ['webp', 20, 3],
        ['webp', 40, 3],
      ] as const,
      async ([type, quality, most]) => {
        const bytes = await sharp(sunset).toFormat(type, { quality }).toBuffer();
        const result = await convert(bytes, { maxEdge: 959 });
        expect(result).toMatchObject({ mimeType: `image/${type}`, width: 959 });
        expect(result?.data.length).toBeLessThanOrEqual(bytes.length);
        expect(await distance(result?.data ?? bytes, bytes, { width: 959, height: 639 })).toBeLessThan(most);
      },
    ));

  const rows = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];
  const dots = (x: number, y: number) => rows[(y % 4) * 4 + (x % 4)] ?? 0;
  it('keeps a drawing in its two colours and its bytes', () =>
    eachRow(
      [
        ['a fine checkerboard', (x: number, y: number) => (x + y) % 2 === 0],
        ['a coarse checkerboard', (x: number, y: number) => ((x >> 3) + (y >> 3)) % 2 === 0],
        ['a dithered slope', (x: number, y: number) => x / 56 > dots(x, y)],
      ],
      async ([_, isLight]) => {
        const bytes = await twoColours(900, isLight);
        const result = await convert(bytes, { maxEdge: 899 });
        expect(result).toMatchObject({ mimeType: 'image/png', width: 899, facts: { bitsPerSample: 1 } });
        expect(result?.data.length).toBeLessThanOrEqual(bytes.length);
        expect(await coloursOf(result?.data ?? bytes)).toEqual(await coloursOf(bytes));
      },
    ));

  it('keeps the colours and the transparency of a palette', async () => {
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const bytes = await sharp({ create: { width: 600, height: 400, channels: 4, background } })
      .composite([{ input: await twoColours(400, (x, y) => (x + y) % 2 === 0), left: 0, top: 0 }])
      .png({ palette: true, colours: 4 })
      .toBuffer();
    const result = await convert(bytes, { maxEdge: 599 });
    expect(result).toMatchObject({ mimeType: 'image/png', width: 599, facts: { hasAlpha: true } });
    expect(result?.data.length).toBeLessThanOrEqual(bytes.length);
    expect(await coloursOf(result?.data ?? sunset)).toEqual(await coloursOf(bytes));
  });

  it('turns a photograph upright', async () => {
    const photo = await (await photograph(1200, 800)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const result = await convert(photo, { maxEdge: 1024 });
    expect(result).toMatchObject({
      mimeType: 'image/jpeg',
      width: 683,
      height: 1024,
      changes: ['turned upright', 'scaled from 800 × 1200 to 683 × 1024'],
    });
    expect(result?.facts.orientation).toBeUndefined();
    expect(result?.data.length).toBeLessThan(photo.length);
    expect(await distance(result?.data ?? photo, photo, { width: 683, height: 1024 })).toBeLessThan(3);
  });

  it.each([
    ['animated.png', 'first of 2 frames'],
    ['animated.webp', 'first of 3 frames'],
  ])('says that it keeps one frame of %s', async (file, change) => {
    const result = await convert(image(file), { maxEdge: 24 });
    expect(result?.changes).toEqual([change, 'scaled from 48 × 32 to 24 × 16']);
    expect(result?.facts.pages ?? 1).toBe(1);
  });

  it('never enlarges, and leaves alone what is small enough', async () => {
    for (const file of ['rgb.png', 'jfif.jpg', 'lossy.webp', 'exif-rotated.jpg']) {
      expect(await convert(image(file), { maxEdge: 48 })).toBeUndefined();
      expect(await convert(image(file))).toBeUndefined();
    }
    expect(await convert(image('still.gif'), { maxEdge: 1000 })).toMatchObject({ width: 48, height: 32 });
  });

  it('shows of a damaged file what a browser shows, and says so', async () => {
    const damaged = 'decoded in part: the file is damaged or truncated';
    for (const type of ['jpeg', 'png', 'gif'] as const) {
      const whole = await sharp(sunset).toFormat(type).toBuffer();
      const result = await convert(whole.subarray(0, whole.length * 0.7), { maxEdge: 480 });
      expect(result?.changes.at(-1), type).toBe(damaged);
      const [top, same] = await Promise.all(
        [result?.data, whole].map((bytes) =>
          sharp(bytes)
            .resize(480, 320)
            .extract({ left: 0, top: 0, width: 480, height: 100 })
            .png()
            .toBuffer(),
        ),
      );
      expect(await distance(top ?? whole, same ?? whole), type).toBeLessThan(3);
    }
  });
});

describe('an image that cannot be decoded', () => {
  it('is cut short, in any format', () =>
    eachRow(
      [
        ['little-endian.tif', 0.5, /^picture: cannot be decoded/],
        ['bigtiff.tif', 0.9, /^picture: cannot be decoded/],
        ['photo.avif', 0.8, /^picture: cannot be decoded/],
        ['animated.avif', 0.4, /^picture: cannot be decoded/],
        ['still.gif', 0.1, /^picture: cannot be decoded/],
        ['rgb.png', 0.01, /^picture: cannot be decoded/],
        ['lossy.webp', 0.5, /^picture: cannot be decoded/],
      ],
      async ([file, share, message]) => {
        const bytes = image(file);
        const failure = await convert(bytes.subarray(0, bytes.length * share), { maxEdge: 24 }).catch(
          (error) => error,
        );
        expect(failure).toBeInstanceOf(ImageError);
        expect(failure.message).toMatch(message);
        expect(failure.message).not.toMatch(/\n|vips|bad seek|unable to/i);
        expect(failure.hint).toBe('It may be damaged or truncated: open it in a viewer and save it again.');
      },
    ));

  it('is a JPEG of which nothing but the header is there', async () => {
    const start = sunset.subarray(0, sunset.lastIndexOf(Buffer.from([0xff, 0xda])) + 14);
    await expect(convert(start, { maxEdge: 100 })).rejects.toThrow(
      'picture: cannot be decoded: premature end of JPEG image',
    );
  });

  it('fails in words, whatever its bytes', async () => {
    const dice = createDice(5);
    const files = [
      'still.gif',
      'little-endian.tif',
      'bigtiff.tif',
      'photo.avif',
      'rgb.png',
      'jfif.jpg',
      'lossy.webp',
      'plain.svg',
    ];
    for (const file of files) {
      for (let round = 0; round < (file === 'plain.svg' ? 3 : 40); round += 1) {
        const bytes = image(file);
        const format = recognise(bytes) ?? formats.text;
        for (let hits = dice.below(6); hits >= 0; hits -= 1)
          bytes[dice.below(bytes.length)] = dice.below(256);
        const options = { name: 'picture', maxEdge: 20, timeoutMs: 20_000 };
        const failure = await reencode(fromMemory(bytes), format, options).catch((error: unknown) => error);
        if (failure instanceof Error) expect(failure).toBeInstanceOf(ImageError);
      }
    }
  });

  it('has more pixels than can be decoded, which its header tells', async () => {
    const bomb = blackPng(60_000, 60_000);
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(convert(bomb, { maxEdge: 2048 })).rejects.toThrow(
      /^picture: 60,000 × 60,000 pixels, 3\.4 GiB once decoded/,
    );
  });

  it('is of a format that this build does not decode', async () => {
    await expect(convert(image('photo.jp2'))).rejects.toThrow(
      'picture: a JPEG 2000 image, which cannot be decoded here',
    );
  });

  it('is of another format than it was taken for', async () => {
    const failure = reencode(fromMemory(image('still.gif')), formats.tiff, usual);
    await expect(failure).rejects.toThrow(
      'picture: cannot be decoded: its bytes are of another format than its start',
    );
  });

  it('is one whose source fails, in the words of the source', async () => {
    const broken: ByteSource = {
      ...fromMemory(image('still.gif')),
      // biome-ignore lint/correctness/useYield: it fails first
      async *open() {
        throw new ImageError('changed while it was being read').about('picture');
      },
    };
    await expect(reencode(broken, formats.gif, usual)).rejects.toThrow(
      /^picture: changed while it was being read$/,
    );
  });
});

describe('a signal', () => {
  it('that is raised ends it', async () => {
    const reason = new Error('enough');
    await expect(convert(image('still.gif'), { signal: AbortSignal.abort(reason) })).rejects.toThrow(
      AbortedError,
    );
  });
});

describe('of many images at once', () => {
  /** Says when it is read, and waits for that until it is let go. */
  function gated(bytes: Buffer, log: string[], name: string) {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const readable: ByteSource = {
      ...fromMemory(bytes),
      async *open() {
        log.push(`${name} begins`);
        await gate;
        yield bytes;
      },
    };
    return { readable, open };
  }
  const still = image('still.gif');
  const turn = (readable: ByteSource, options: Partial<ReencodeOptions> = {}) =>
    reencode(readable, formats.gif, { ...usual, ...options });
  const soon = () => new Promise((resolve) => setImmediate(resolve));
  const begun = async (log: readonly string[]) => {
    while (log.length === 0) await soon();
  };

  it('one has its turn after the other, in order', async () => {
    const log: string[] = [];
    const images = ['first', 'second', 'third'].map((name) => ({ name, ...gated(still, log, name) }));
    const all = images.map(({ readable, name }) => turn(readable).then(() => log.push(`${name} ends`)));
    for (const { open } of images.reverse()) {
      await soon();
      open();
    }
    await Promise.all(all);
    expect(log).toEqual([
      'first begins',
      'first ends',
      'second begins',
      'second ends',
      'third begins',
      'third ends',
    ]);
  });

  it('one that fails or takes too long lets the next begin', async () => {
    const never = gated(still, [], 'never');
    const slow = turn(never.readable, { timeoutMs: 1 });
    const broken = turn(fromMemory(still.subarray(0, 80)));
    const fine = turn(fromMemory(still));
    await expect(slow).rejects.toThrow('picture: not decoded within 0.001 s');
    await expect(broken).rejects.toThrow('picture: cannot be decoded');
    expect(await fine).toMatchObject({ mimeType: 'image/png' });
    never.open();
  });

  it('the time of one does not count before its turn', async () => {
    const log: string[] = [];
    const ends = (name: string, timeoutMs: number) =>
      turn(gated(still, log, name).readable, { timeoutMs }).catch((error) => {
        log.push(`${name}: ${error.message}`);
      });
    await Promise.all([ends('first', 50), ends('second', 1)]);
    expect(log).toEqual([
      'first begins',
      'first: picture: not decoded within 0.05 s',
      'second begins',
      'second: picture: not decoded within 0.001 s',
    ]);
  });

  it('one that is aborted while it waits ends at once, and is never read', async () => {
    const log: string[] = [];
    const first = gated(still, log, 'first');
    const held = turn(first.readable);
    await begun(log);
    const reason = new Error('enough');
    const abort = new AbortController();
    const waiting = turn(gated(still, log, 'second').readable, { signal: abort.signal });
    const third = turn(gated(still, log, 'third').readable, { signal: AbortSignal.abort(reason) });
    const fourth = turn(fromMemory(still));
    await expect(third).rejects.toThrow(AbortedError);
    abort.abort(reason);
    await expect(waiting).rejects.toMatchObject({ kind: 'aborted', cause: reason });
    expect(log).toEqual(['first begins']);
    first.open();
    expect(await held).toMatchObject({ mimeType: 'image/png' });
    expect(await fourth).toMatchObject({ mimeType: 'image/png' });
    expect(log).toEqual(['first begins']);
  });

  it('one that is aborted in its turn lets the next begin', async () => {
    const abort = new AbortController();
    const log: string[] = [];
    const first = gated(still, log, 'first');
    const held = turn(first.readable, { signal: abort.signal });
    const next = turn(fromMemory(still));
    await begun(log);
    abort.abort();
    await expect(held).rejects.toThrow(AbortedError);
    expect(await next).toMatchObject({ mimeType: 'image/png' });
    first.open();
  });
});

it('knows what it decodes', async () => {
  const known = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif', 'svg'] as const;
  for (const name of known) expect(await decodabilityOf(formats[name], 'picture'), name).toBe('decodable');
  for (const name of ['heic', 'heif', 'bmp', 'jxl', 'jp2', 'pdf', 'text'] as const) {
    expect(await decodabilityOf(formats[name], 'picture'), name).toBe('unknown');
  }
});

/** A square PNG with one bit per pixel, black and white. */
function twoColours(edge: number, isLight: (x: number, y: number) => boolean): Promise<Buffer> {
  const data = Buffer.alloc(edge * edge);
  for (let at = 0; at < data.length; at += 1) data[at] = isLight(at % edge, Math.floor(at / edge)) ? 255 : 0;
  return sharp(data, { raw: { width: edge, height: edge, channels: 1 } })
    .png({ palette: true, colours: 2, dither: 0 })
    .toBuffer();
}

async function coloursOf(png: Buffer): Promise<number[]> {
  const data = await sharp(png).ensureAlpha().raw().toBuffer();
  const colours = new Set<number>();
  for (let at = 0; at < data.length; at += 4) colours.add(data.readUInt32BE(at));
  return [...colours].sort();
}

/** A PNG of that size with one bit per pixel, all black; the same compressed rows over and over. */
function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(1, 8);
  const rows = height / 100;
  const bytes = (width / 8 + 1) * rows;
  const piece = deflateRawSync(Buffer.alloc(bytes), { finishFlush: zlib.Z_FULL_FLUSH });
  const adler = Buffer.from([((bytes * 100) % 65_521) >> 8, ((bytes * 100) % 65_521) & 0xff, 0, 1]);
  const data = [Buffer.from([0x78, 0x9c]), ...Array<Buffer>(100).fill(piece), Buffer.from([3, 0]), adler];
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', Buffer.concat(data)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(~crc >>> 0);
  return Buffer.concat([length, body, check]);
}
