import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AbortedError, ImageError } from '../../../src/errors.ts';
import { fromMemory } from '../../../src/image/bytes.ts';
import { type ReencodeOptions, reencode } from '../../../src/image/convert.ts';
import { formats } from '../../../src/image/formats/signatures.ts';
import { endlessSvg } from '../../helpers/decoder.ts';
import { readAll, temporaryFile } from '../../helpers/files.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { eachRow } from '../../helpers/rows.ts';

const image = (file: string) => readFileSync(fixture(`images/${file}`));

async function convert(svg: Buffer, options: Partial<ReencodeOptions> = {}) {
  const result = await reencode(fromMemory(svg), formats.svg, {
    name: 'picture',
    timeoutMs: 60_000,
    ...options,
  });
  if (result === undefined) throw new Error('not converted');
  const data = await readAll(result.readable);
  const { width, height, hasAlpha } = await sharp(data).metadata();
  return { ...result, data, width, height, hasAlpha };
}

describe('drawing SVG', () => {
  it('draws a small one large enough to see', () =>
    eachRow(['plain.svg', 'commented.svg', 'utf16.svg'], async (file) => {
      const result = await convert(image(file));
      expect(result).toMatchObject({
        mimeType: 'image/png',
        width: 1024,
        height: 683,
        changes: ['converted from image/svg+xml to image/png', 'drawn at 1024 × 683'],
      });
      const pixels = await sharp(result.data).removeAlpha().raw().toBuffer();
      const at = (x: number, y: number) =>
        pixels.subarray((y * 1024 + x) * 3, (y * 1024 + x) * 3 + 3).toString('hex');
      expect([at(10, 10), at(597, 405), at(10, 670)]).toEqual(['f88f70', 'ffe9a6', '87518c']);
    }));

  const circle = '<circle cx="5" cy="5" r="4"/>';
  it('draws each size that can be written as so many pixels', () =>
    eachRow(
      [
        ['width="3000" height="1500" viewBox="0 0 20 10"', undefined, 3000, 1500],
        ['width="100000" height="50000" viewBox="0 0 20 10"', undefined, 4096, 2048],
        ['width="9999999" height="5000000" viewBox="0 0 20 10"', undefined, 4096, 2048],
        ['width="100000" height="50000" viewBox="0 0 20 10"', 900, 900, 450],
        ['width="16" height="16" viewBox="0 0 10 10"', 300, 300, 300],
        ['width="100mm" height="50mm" viewBox="0 0 20 10"', undefined, 1024, 512],
        ['width="10000mm" height="5000mm" viewBox="0 0 20 10"', undefined, 4096, 2048],
        ['width="100%" height="100%" viewBox="0 0 200 100"', undefined, 1024, 512],
        ['width="100%" height="100%"', undefined, 1024, 1024],
        ['viewBox="0 0 10 20"', undefined, 512, 1024],
        ['', undefined, 1024, 1024],
      ],
      async ([attributes, maxEdge, width, height]) => {
        const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${circle}</svg>`);
        expect(await convert(svg, { maxEdge })).toMatchObject({ width, height, hasAlpha: true });
      },
    ));

  it('reads other encodings, and a long comment before the drawing', async () => {
    const prologue = `<?xml version="1.0" encoding="ISO-8859-1"?><!-- ${'é'.repeat(2000)} -->`;
    const svg = `${prologue}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><title>é</title>${circle}</svg>`;
    expect(await convert(Buffer.from(svg, 'latin1'))).toMatchObject({ width: 1024, height: 512 });
  });

  it('loads nothing from anywhere', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const web = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const file = temporaryFile('red.png', image('rgb.png'));
    const references = [`${web}/a.png`, `file://${file}`, file, 'file:///etc/passwd', '/etc/passwd'].map(
      (href) =>
        `<image width="50" height="50" href="${href}"/><use href="${href}#a"/>` +
        `<xi:include href="${href}" parse="text"/><style>@import url(${href});</style>`,
    );
    const svg = (content: string, doctype = '') =>
      Buffer.from(
        `<?xml version="1.0"?><?xml-stylesheet href="${web}/a.css"?>${doctype}<svg xmlns="http://www.w3.org/2000/svg" ` +
          `xmlns:xi="http://www.w3.org/2001/XInclude" width="100" height="100">${content}</svg>`,
      );
    const result = await convert(svg(references.join('')));
    const { channels } = await sharp(result.data).stats();
    expect(channels.map(({ max }) => max)).toEqual([0, 0, 0, 0]);

    const doctype = `<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b SYSTEM "${web}/b">]>`;
    await expect(convert(svg('<text y="50">&a;&b;</text>', doctype))).rejects.toThrow(ImageError);
    expect(requests).toBe(0);
  });

  it('says why it cannot draw one that has no size or is no SVG', () =>
    eachRow(
      [
        ['that is cut short', '<rect width="5', /cannot be decoded: XML parse error: line 1 column/],
        [
          'without area',
          '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="9"/>',
          /cannot be decoded: bad dimensions/,
        ],
        ['of 17 MiB', ' '.repeat(17 * 1024 * 1024), /too large for a drawing \(at most 16 MiB\)/],
      ],
      async ([_, svg, message]) => {
        const failure = await convert(Buffer.from(svg)).catch((error) => error);
        expect(failure).toBeInstanceOf(ImageError);
        expect(failure.message).toMatch(message);
        expect(failure.hint).toBe('Export the drawing as PNG and send that.');
      },
    ));
});

it('draws the sunset as its picture shows it', async () => {
  const result = await convert(readFileSync(fixture('sunset.svg')));
  const [drawn = [], shown = []] = await Promise.all(
    [result.data, fixture('sunset.jpg')].map(async (picture) =>
      (await sharp(picture).stats()).channels.slice(0, 3).map(({ mean }) => mean),
    ),
  );
  for (const [channel, mean] of drawn.entries())
    expect(Math.abs(mean - (shown[channel] ?? 0))).toBeLessThan(2);
});

describe('a drawing that would take hours', () => {
  it('takes no longer than it may', async () => {
    await expect(convert(endlessSvg(), { timeoutMs: 500 })).rejects.toThrow(
      'picture: not decoded within 0.5 s',
    );
  });

  it('is given up when the signal is raised', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const failure = convert(endlessSvg(), { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(failure).rejects.toThrow(AbortedError);
    await expect(failure).rejects.toMatchObject({ cause: reason });
  });
});
