import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createFingerprint } from '../../src/engine/fingerprint.ts';
import type { DescribeOptions } from '../../src/engine/tools.ts';
import { fingerprintParts } from '../../src/options/table.ts';
import { eachRow } from '../helpers/rows.ts';

/**
 * What version 0.1.0 made of each question. These values are for ever: another value of the same question asks again, and
 * pays again, for every answer that is recorded.
 */
const golden: readonly (readonly [question: Omit<DescribeOptions, 'apiKey'>, key: string])[] = [
  [{}, '7151ee8603eeecf262d9beca1451c8fa55e65c11434931a8139e3b21a4938fe0'],
  [{ prompt: 'a caption' }, 'b152160985bb8bc739559e04c7446b0e331f9d711edad6b35b562f94bc590435'],
  [{ prompt: 'Größe? 📷\n"\\' }, 'af8c9c57a04ecc392b79f01b59f48a6e7296f427ef5bfefc079a334ae843f036'],
  [{ system: 'one word' }, '033f3fc6b47f4d00dde1b764653afb4e263e493e0c0d148a21f4c2ffdf9a1543'],
  [{ model: 'gemini-2.5-flash' }, 'b54a6b327e13318cf50c932c53f6e35596d31b751f968f602cd02663cd915db8'],
  [{ model: 'tunedModels/mine' }, 'f88ad5c9c1c0f61c11b04c249d4473b5f9f3de749ff27d382922627819a2821d'],
  [{ temperature: 0 }, 'cd67c1e713ce08bfe7d605068ad7ec89e589c359bb8476b4d210b3e649cb7d47'],
  [{ temperature: 0.2 }, '6b53aaec7e33deabf5e9260b20e233d51d975d5dfbd8239dacc24eeb0dc726c9'],
  [{ topP: 0.9 }, '3841614e490493d2c2f3c22023714c5ea464d84e1bcb25f004c92d1e07519b7f'],
  [{ topK: 40 }, 'eee2c44d084cba73cf448c81076dfe07e6a4166f416892e555f0823db7781d4c'],
  [{ maxOutputTokens: 512 }, 'd8c6e4faaa7551392f27fcca64afcd49193abb38f9165cd4c9ce5329c4cfccb0'],
  [{ stopSequences: ['END'] }, '9b43ca20ae9a8505ac71982002648946924b9c1974d722f1c96e555202b92e20'],
  [{ stopSequences: ['END', '\n'] }, '2e4afb5f7064c09039566b6f2c27220971dcd6c36922686a3ab136d67dddefa2'],
  [{ seed: 0 }, 'a930bf1791780bc5ed5b60339ea710cedede0d45ab91f2820c8972bd556ede1e'],
  [{ seed: 7 }, '4116da57eecee3e84485842296192d2d5725a2729eb2054aef0effe2f0aa7e65'],
  [{ thinkingBudget: 0 }, 'c1760217deed05d2a26a1f436bfa4f32b76a2d61b188ccdaabfc9a504852ad2e'],
  [{ thinkingBudget: -1 }, '7971eb834202c1fefa3769f6438d117d2859e469ea77ef53af295ee4505ff9dd'],
  [{ thinkingLevel: 'low' }, '9ed0fd3bdaeeb544796800e4c82b4d8c8e223203a84369029a84c315999d01a6'],
  [{ thinkingLevel: 'high' }, 'de987ad404431145e7863aa96f08f7ce98226dde2bb6c85fad30eb61b3626f2a'],
  [{ mediaResolution: 'low' }, 'e24eb2b6e422d9dea23a8258ed463aab520126eb8417823f87a4ae4e423c3c48'],
  [{ mediaResolution: 'high' }, '7a52cb9cb775e7cf0008bb2852b7a5ba1f393dacd93d6095737144ce3c0791bb'],
  [{ mimeType: 'image/png' }, 'f6af8507d254dbe00163a2bd5e14d654cdc6a74aa74442e170644c065a4951fd'],
  [{ convert: false }, '20de375a6bad239a7b3e89d66e12b1756696a7e865ce25b894b64d92cece9e7c'],
  [{ maxEdge: 1024 }, '327022a850353042f4b386d9cef46b30dab0b98280b0c34a58a4a7aead40ab58'],
  [{ stripMetadata: true }, '1267f0d7124c00747c40e8d0d816df44820caea03c2ba2f14723217fb860390a'],
  [
    {
      prompt: 'everything',
      system: 'brief',
      model: 'models/gemini-3-pro',
      temperature: 1,
      topP: 0.5,
      topK: 3,
      maxOutputTokens: 100,
      stopSequences: ['.'],
      seed: -1,
      thinkingLevel: 'minimal',
      mediaResolution: 'medium',
      mimeType: 'image/webp',
      convert: false,
      maxEdge: 64,
      stripMetadata: true,
    },
    '166592e9cab6ddadb335f027eb48a3d2afb49a5505a28c59c5213ba58027cb26',
  ],
];

/** What a question without its image is known by. */
function questionKey(options: DescribeOptions): string {
  return createHash('sha256')
    .update(JSON.stringify(fingerprintParts(options)))
    .digest('hex');
}

it('of every question is what it was in 0.1.0', () =>
  eachRow(golden, ([question, key]) => {
    expect(questionKey({ ...question, apiKey: 'test-key' })).toBe(key);
  }));

it('differs wherever one setting differs that changes answers', () => {
  const keys = golden.map(([question]) => questionKey({ ...question, apiKey: 'test-key' }));
  expect(new Set(keys).size).toBe(golden.length);
});

it('is the same with an option that changes no answer', () =>
  eachRow<Partial<DescribeOptions>>(
    [
      { apiKey: 'another' },
      { model: 'models/gemini-2.5-pro' },
      { prompt: 'Describe this image.' },
      { convert: true },
      { stripMetadata: false },
      { stopSequences: [] },
      { baseUrl: 'https://gateway.example' },
      { retries: 9 },
      { timeoutMs: 1 },
      { maxWaitMs: 1 },
      { maxRequestBytes: 1 },
      { proxy: 'http://proxy.example:3128' },
    ],
    (more) => {
      expect(questionKey({ apiKey: 'test-key', ...more })).toBe(questionKey({ apiKey: 'test-key' }));
    },
  ));

it('of an answer is made of the question and the bytes, of a name of the question and the name', async () => {
  const pieces = [Buffer.from('a picture, '), Buffer.from('in pieces')];
  const image = {
    bytes: 20,
    readAt: () => Buffer.alloc(0),
    open: async function* () {
      yield* pieces;
    },
    settle: () => undefined,
    close: () => undefined,
  };
  const sha256 = (...parts: (string | Uint8Array)[]) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  const asked = { apiKey: 'test-key', prompt: 'a caption' };
  const question = questionKey(asked);
  const fingerprint = createFingerprint(asked);
  expect(await fingerprint.ofImages([{ readable: image }])).toBe(sha256(question, ...pieces));
  expect(await fingerprint.ofName('photos/ä.jpg')).toBe(sha256(question, ' ', 'photos/ä.jpg'));
});
