import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildRequest, encodeBase64, streamBody } from '../../src/api/request.ts';
import type { LibraryOptions } from '../../src/options/table.ts';
import { fixture } from '../helpers/fixtures.ts';
import { load } from '../helpers/load.ts';

it('writes the contract’s request, byte for byte', async () => {
  const settings = { temperature: 0.2, topP: 0.9, maxOutputTokens: 256 };
  const body = await bodyOf('What is in this image?', settings);
  expect(body.text).toBe(readFileSync(fixture('requests/contract.json'), 'utf8'));
  expect(body.length).toBe(Buffer.byteLength(body.text));
});

it('sends nothing that was not asked for', async () => {
  const body = await bodyOf('Describe this image.', {});
  expect(body.text).toBe(readFileSync(fixture('requests/bare.json'), 'utf8'));
});

it('writes every setting in the API’s spelling', async () => {
  const { text } = await bodyOf('hi', {
    temperature: 0,
    topP: 0,
    topK: 40,
    maxOutputTokens: 1,
    stopSequences: ['END', '"'],
    seed: -1,
    thinkingBudget: 0,
    mediaResolution: 'low',
  });
  expect(JSON.parse(text).generationConfig).toEqual({
    temperature: 0,
    topP: 0,
    topK: 40,
    maxOutputTokens: 1,
    stopSequences: ['END', '"'],
    seed: -1,
    thinkingConfig: { thinkingBudget: 0 },
    mediaResolution: 'MEDIA_RESOLUTION_LOW',
  });
});

it('writes a thinking level without a budget', async () => {
  const { text } = await bodyOf('hi', { thinkingLevel: 'high', stopSequences: [] });
  expect(JSON.parse(text).generationConfig).toEqual({ thinkingConfig: { thinkingLevel: 'high' } });
});

it('counts bytes, not characters, in a prompt of any script', async () => {
  const prompt = 'Qu’est-ce que c’est ? 日本語 🌅 "quoted" \\ \n\u0000\u2028 \ud800';
  const body = await bodyOf(prompt, {}, 'be kürz');
  expect(body.length).toBe(Buffer.byteLength(body.text));
  expect(JSON.parse(body.text).contents[0].parts[0].text).toBe(prompt);
  expect(JSON.parse(body.text).systemInstruction).toEqual({ parts: [{ text: 'be kürz' }] });
});

async function bodyOf(prompt: string, settings: LibraryOptions, system?: string) {
  const image = await load(fixture('images/jfif.jpg'));
  const body = streamBody(buildRequest([image], { ...settings, prompt, system }));
  return { length: body.length, text: await textOf(body.chunks()) };
}

const bytes = Buffer.from(Array.from({ length: 257 }, (_, index) => (index * 31) & 0xff));

it('encodes an image as one base64 text of the announced length, however it is cut into pieces', async () => {
  for (const pieceBytes of [1, 2, 3, 4, 5, 7, 64, 100, 257, 300])
    for (const length of [0, 1, 2, 3, 4, 255, 256, 257]) {
      const image = bytes.subarray(0, length);
      const open = () => inPieces(image, pieceBytes);
      const body = streamBody([{ name: 'x', mimeType: 'image/png', bytes: length, open }]);
      const text = await textOf(body.chunks());
      expect(text).toBe(image.toString('base64'));
      expect(text).toHaveLength(body.length);
    }
});

it('encodes a source that uses its buffer again', async () => {
  async function* reuse() {
    const buffer = Buffer.alloc(4);
    for (let at = 0; at < 12; at += 4) {
      bytes.copy(buffer, 0, at, at + 4);
      yield buffer;
    }
  }
  expect(await textOf(encodeBase64(reuse()))).toBe(bytes.subarray(0, 12).toString('base64'));
});

async function* inPieces(source: Buffer, pieceBytes: number) {
  for (let at = 0; at < source.length; at += pieceBytes) yield source.subarray(at, at + pieceBytes);
}

async function textOf(chunks: AsyncIterable<Uint8Array | string>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const chunk of chunks) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces).toString('utf8');
}
