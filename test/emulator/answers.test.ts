import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/index.ts';
import { ask, base64, good, imagePart, path, post } from './requests.ts';

interface Answer {
  readonly candidates: {
    readonly content: { readonly role: string; readonly parts: { readonly text: string }[] };
    readonly finishReason: string;
  }[];
  readonly usageMetadata: Readonly<Record<string, unknown>>;
  readonly modelVersion: string;
  readonly responseId: string;
}

interface Fixture {
  readonly file: string;
  readonly mimeType: string;
  readonly sendable?: boolean;
  readonly width?: number;
  readonly height?: number;
}

const fixtures = JSON.parse(
  readFileSync(new URL('../../fixtures/images.json', import.meta.url), 'utf8'),
) as readonly Fixture[];

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

async function answer(body: unknown, where?: string): Promise<Answer> {
  const reply = await post(emulator, body, where === undefined ? {} : { path: where });
  expect(reply.status).toBe(200);
  return (await reply.json()) as Answer;
}

function textOf({ candidates }: Answer): string {
  return candidates[0]?.content.parts.map(({ text }) => text).join('') ?? '';
}

test('an honest answer knows every image that can be sent by its bytes', async () => {
  for (const { file, mimeType, width, height } of fixtures.filter(({ sendable = true }) => sendable)) {
    const bytes = Buffer.from(base64(file), 'base64');
    const size = width === undefined ? 'of unknown size' : `${width} × ${height}`;
    const hash = createHash('sha256').update(bytes).digest('hex');
    const text = textOf(await answer(ask([imagePart(file, mimeType)])));
    expect(text, file).toContain(
      `Image: ${mimeType}, ${size}, ${bytes.length.toLocaleString('en-US')} bytes, SHA-256 ${hash}\n`,
    );
  }
});

test('an honest check refuses every other file, whatever type is declared', async () => {
  for (const { file, mimeType } of fixtures.filter(({ sendable = true }) => !sendable)) {
    for (const declared of [mimeType, 'image/png', 'image/heic']) {
      const reply = await post(emulator, ask([imagePart(file, declared)]));
      expect(reply.status, `${file} declared as ${declared}`).toBe(400);
    }
  }
});

describe('an honest answer', () => {
  test('says plainly what it is and what arrived', async () => {
    const body = ask([{ text: 'what is\n"this"?' }, imagePart('jfif.jpg', 'image/jpeg')], {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generation_config: {
        temperature: 0.2,
        top_p: 0.9,
        stop_sequences: ['END'],
        thinkingConfig: { thinkingBudget: 256 },
      },
    });
    const lines = textOf(await answer(body)).split('\n');
    expect(lines[0]).toBe('I am the describe-image emulator: I check requests and cannot see.');
    expect(lines.slice(2)).toEqual([
      'Prompt: "what is\\n\\"this\\"?"',
      'System instruction: "Be brief."',
      'Settings: temperature 0.2, topP 0.9, stopSequences ["END"], thinkingBudget 256',
    ]);
  });

  test('has the documented form, with its text in two parts', async () => {
    const reply = await answer(good, '/v1beta/models/gemini-2.5-flash:generateContent?key=secret');
    const [candidate] = reply.candidates;
    expect(candidate).toMatchObject({ content: { role: 'model' }, finishReason: 'STOP', index: 0 });
    expect(candidate?.content.parts).toHaveLength(2);
    expect(candidate?.content.parts.every(({ text }) => text.length > 20)).toBe(true);
    expect(reply.modelVersion).toBe('gemini-2.5-flash');
    expect(reply.usageMetadata).toMatchObject({
      promptTokenCount: 262,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 4 },
        { modality: 'IMAGE', tokenCount: 258 },
      ],
    });
  });

  test('is the same for the same bytes, and another for others', async () => {
    const [one, same, other] = [await answer(good), await answer(good), await answer(ask([{ text: 'hm' }]))];
    expect(same).toEqual(one);
    expect(other.responseId).not.toBe(one.responseId);
  });

  test('names every image of several, in order', async () => {
    const text = textOf(
      await answer(ask([imagePart('rgb.png', 'image/png'), imagePart('lossy.webp', 'image/webp')])),
    );
    expect(text.match(/image\/\w+/g)).toEqual(['image/png', 'image/webp']);
    expect(text).toContain('Prompt: none');
    expect(text).toContain('Settings: none');
  });

  test('counts the tokens of an image by model and resolution', async () => {
    const config = { generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' } };
    const body = ask([imagePart('jfif.jpg', 'image/jpeg')], config);
    const gemini3 = await answer(body, '/v1beta/models/gemini-3.8-flash:generateContent?key=secret');
    expect(gemini3.usageMetadata.promptTokenCount).toBe(280);
    expect((await answer(body)).usageMetadata.promptTokenCount).toBe(258);
  });

  test('names the settings that stand outside generationConfig', async () => {
    const text = textOf(
      await answer(ask([{ text: 'hm' }], { service_tier: 'flex', tools: [{ googleSearch: {} }] })),
    );
    expect(text).toContain('Settings: serviceTier flex, tools [{"googleSearch":{}}]');
  });

  test('shortens a long prompt between characters', async () => {
    const text = textOf(await answer(ask([{ text: '🙂'.repeat(600) }])));
    expect(text).toContain(`Prompt: "${'🙂'.repeat(500)}"…`);
  });

  test('repeats only the beginning of whatever is long', async () => {
    const long = 'x'.repeat(1_000_000);
    const body = ask([{ text: long }, { fileData: { fileUri: long } }], {
      systemInstruction: { parts: [{ text: long }] },
      generationConfig: { stopSequences: [long] },
      cachedContent: long,
    });
    expect(textOf(await answer(body)).length).toBeLessThan(3000);
  });

  test('gives as many candidates as were asked for', async () => {
    const reply = await answer(ask([{ text: 'hm' }], { generationConfig: { candidateCount: 2 } }));
    const one = await answer(ask([{ text: 'hm' }], { generationConfig: { topK: 1 } }));
    expect(reply.candidates).toHaveLength(2);
    expect(reply.usageMetadata.candidatesTokenCount).toBeGreaterThan(
      Number(one.usageMetadata.candidatesTokenCount) * 1.5,
    );
  });

  test('takes an image of 24 MB', async () => {
    const image = Buffer.alloc(24_000_000, 7);
    Buffer.from(base64('jfif.jpg'), 'base64').copy(image);
    const body = JSON.stringify(
      ask([{ inline_data: { mime_type: 'image/jpeg', data: image.toString('base64') } }]),
    );
    expect(textOf(await answer(body, `${path}?key=secret`))).toContain('24,000,000 bytes');
  });
});
