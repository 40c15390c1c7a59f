import { existsSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ImageError } from '../../src/errors.ts';
import { fromMemory } from '../../src/image/bytes.ts';
import { undecodable } from '../../src/image/convert/decode-failure.ts';
import { type ReencodeOptions, reencode } from '../../src/image/convert.ts';
import { formats } from '../../src/image/formats/signatures.ts';
import { blackTiff, decoderOf, decodersOf, endlessSvg, environmentOf } from '../helpers/decoder.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { load } from '../helpers/load.ts';
import { eachRow } from '../helpers/rows.ts';

const isLinux = process.platform === 'linux';
const still = readFileSync(fixture('images/still.gif'));
const png = { mimeType: 'image/png' };

function convert(format: keyof typeof formats, bytes: Buffer, options: Partial<ReencodeOptions> = {}) {
  const known = formats[format];
  return reencode(fromMemory(bytes), known, { name: 'picture', timeoutMs: 60_000, ...options });
}

describe.runIf(isLinux)('the process that decodes', () => {
  it('is one for all images', async () => {
    await convert('gif', still);
    const before = decodersOf(process.pid);
    await Promise.all([convert('gif', still), convert('svg', readFileSync(fixture('images/plain.svg')))]);
    // A file that cannot be decoded is no reason to end it.
    await expect(convert('gif', still.subarray(0, 80))).rejects.toThrow(ImageError);
    expect(decodersOf(process.pid)).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it('is killed when it takes too long, and replaced', async () => {
    const tooLong = convert('svg', endlessSvg(), { timeoutMs: 300 });
    const killed = await decoderOf(process.pid);
    await expect(tooLong).rejects.toThrow('not decoded within 0.3 s');
    expect(await convert('gif', still)).toMatchObject(png);
    expect(decodersOf(process.pid)).not.toContain(killed);
  });

  it('fails the image during which it crashes, and no other', async () => {
    const crashing = convert('svg', endlessSvg());
    const next = convert('gif', still);
    await turn();
    process.kill(await decoderOf(process.pid), 'SIGSEGV');
    await expect(crashing).rejects.toThrow(ImageError);
    await expect(crashing).rejects.toThrow(/^picture: .*SIGSEGV/);
    expect(await next).toMatchObject(png);
  });

  it('is replaced where it ended while nobody needed it', async () => {
    await convert('gif', still);
    const idle = await decoderOf(process.pid);
    process.kill(idle, 'SIGABRT');
    while (existsSync(`/proc/${idle}`)) await turn();
    expect(await convert('gif', still)).toMatchObject(png);
  });

  it('is killed when it takes too much memory, which fails that image alone', async () => {
    const large = blackTiff(8000, 8000, 4);
    expect(large.length).toBeLessThan(200_000);
    const failure = convert('tiff', large, { memoryBytes: 200 * 1024 ** 2 });
    await expect(failure).rejects.toThrow(/^picture: .*0\.2 GiB of memory/);
    await expect(failure).rejects.toThrow(ImageError);
    expect(await convert('gif', still)).toMatchObject(png);
  });

  it('takes little more memory than the pixels of a large image', async () => {
    // 71 MiB of pixels; a second pass over a JPEG would take 286 MiB more.
    const large = blackTiff(5000, 5000, 3);
    expect(await convert('tiff', large, { memoryBytes: 350 * 1024 ** 2 })).toMatchObject(png);
  });

  it('is started with nothing of the environment that is secret', async () => {
    vi.stubEnv('GEMINI_API_KEY', 'secret');
    vi.stubEnv('HTTPS_PROXY', 'http://user:secret@proxy.test');
    vi.stubEnv('HOME', '/home/somebody');
    vi.stubEnv('XDG_CACHE_HOME', '/home/somebody/cache');
    vi.stubEnv('FONTCONFIG_PATH', '/etc/fonts');
    await expect(convert('svg', endlessSvg(), { timeoutMs: 100 })).rejects.toThrow('not decoded within');
    await convert('gif', still);
    const environment = environmentOf(await decoderOf(process.pid));
    expect(environment).toMatchObject({
      HOME: '/home/somebody',
      XDG_CACHE_HOME: '/home/somebody/cache',
      FONTCONFIG_PATH: '/etc/fonts',
    });
    expect(JSON.stringify(environment)).not.toContain('secret');
    expect(Object.keys(environment).join()).not.toMatch(/KEY|PROXY|NODE_OPTIONS/i);
  });
});

describe('the time for an image', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    [600_000, 30_000],
    [2000, 2000],
  ])(
    'is half a minute, or the time for a request of %i ms if that is shorter',
    async (timeoutMs, limitMs) => {
      await convert('gif', still);
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const file = temporaryFile('endless.svg', endlessSvg());
      const failure = load(file, { timeoutMs }).catch((error: unknown) => error);
      while (vi.getTimerCount() === 0) await turn();
      let isOver = false;
      void failure.then(() => {
        isOver = true;
      });
      vi.advanceTimersByTime(limitMs - 1);
      await turn();
      expect(isOver).toBe(false);
      vi.advanceTimersByTime(1);
      expect(await failure).toMatchObject({
        kind: 'image',
        message: expect.stringContaining(`${limitMs / 1000} s`),
      });
    },
  );
});

describe('an image that nothing can encode', () => {
  it('fails as an image that cannot be decoded does: one of five channels', async () => {
    await expect(convert('tiff', blackTiff(20, 10, 5))).rejects.toThrow(ImageError);
    expect(await convert('tiff', blackTiff(20, 10, 4))).toMatchObject(png);
  });
});

it('is not said to be damaged where memory is short', () => {
  const failure = undecodable(new Error('tiff2vips: out of memory -- size == 732MB'), false);
  expect(failure.message).toContain('out of memory');
  expect(failure.hint).toMatch(/smaller/);
});

describe('a header that promises more than a gibibyte', () => {
  it('is refused by its size, in any format', () =>
    eachRow(
      [
        ['tiff', blackTiff(60_000, 60_000, 3), '60,000 × 60,000', '10.1 GiB'],
        ['tiff', blackTiff(17_000, 16_000, 4), '17,000 × 16,000', '1.0 GiB'],
        ['tiff', blackTiff(40_000, 30_000, 1), '40,000 × 30,000', '1.1 GiB'],
      ] as const,
      async ([format, bytes, size, decoded]) => {
        const failure = await convert(format, bytes, { maxEdge: 100 }).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(ImageError);
        expect((failure as ImageError).message).toContain(size);
        expect((failure as ImageError).message).toContain(decoded);
        expect((failure as ImageError).hint).toBeTruthy();
      },
    ));
});
