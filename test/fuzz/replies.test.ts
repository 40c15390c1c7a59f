import { expect, it } from 'vitest';
import { readReply } from '../../src/api/reply.ts';
import { DescribeImageError } from '../../src/errors.ts';
import { formatJsonLine, formatText } from '../../src/report/answer.ts';
import { formatUsage } from '../../src/report/figures.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { eachRow } from '../helpers/rows.ts';

const seeds = Array.from({ length: 20 }, (_, seed) => seed);
const perSeed = 100;

const good = {
  candidates: [
    {
      content: {
        role: 'model',
        parts: [{ text: 'A sun' }, { text: 'Hmm.', thought: true }, { text: 'set.' }],
      },
      finishReason: 'STOP',
      safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' }],
    },
  ],
  promptFeedback: { blockReason: 'SAFETY' },
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 6 },
  modelVersion: 'gemini-2.5-pro',
  responseId: 'x',
  error: {
    code: 429,
    message: 'Slow.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      { '@type': 'RetryInfo', retryDelay: '1.5s' },
      { violations: [{ quotaId: 'PerDay' }] },
      { reason: 'API_KEY_INVALID' },
    ],
  },
};

it('gives an answer or a named error for changed and random replies', () =>
  eachRow(seeds, async (seed) => {
    const dice = createDice(seed);
    for (let round = 0; round < perSeed; round += 1) {
      const status = dice.pick([200, 200, 200, 400, 401, 403, 404, 418, 429, 500, 503, 302, 0, 999]);
      const headers = dice.pick<Record<string, string>>([
        {},
        { 'retry-after': String(oddValue(dice)) },
        { location: '//[' },
      ]);
      const body = Buffer.from(dice.pick([changedText, changedJson, randomBytes])(dice));
      let answer: Awaited<ReturnType<typeof readReply>>;
      try {
        answer = await readReply({ status, headers, body }, 'S3CRET-key');
      } catch (error) {
        expect(error, body.toString()).toBeInstanceOf(DescribeImageError);
        expect((error as Error).message.length).toBeLessThan(1000);
        continue;
      }
      expect(answer.text).not.toBe('');
      expect(JSON.parse(formatJsonLine(answer)).text).toBe(answer.text);
      expect(formatText(answer, true)).not.toMatch(/[^\P{Cc}\t\n]/u);
      expect(formatUsage(answer.usage)).not.toMatch(/NaN|undefined/);
    }
  }));

it('does not fall over deep or long replies', async () => {
  for (const text of [
    '['.repeat(200_000),
    '{"a":'.repeat(200_000),
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
    '<'.repeat(100_000),
  ]) {
    for (const status of [200, 500]) {
      await expect(readReply({ status, headers: {}, body: Buffer.from(text) })).rejects.toThrow(
        DescribeImageError,
      );
    }
  }
});

/** The good reply with some values replaced by odd ones. */
function changedJson(dice: Dice): string {
  const copy: unknown = JSON.parse(
    JSON.stringify(dice.pick([good, [good], good.error, { ...good, error: undefined }])),
  );
  for (let change = dice.below(6); change > 0; change -= 1) changeSomewhere(copy, dice);
  return JSON.stringify(copy) ?? 'null';
}

function changeSomewhere(value: unknown, dice: Dice): void {
  if (typeof value !== 'object' || value === null) return;
  const keys = Object.keys(value);
  if (keys.length === 0) return;
  const key = dice.pick(keys);
  const child: unknown = Reflect.get(value, key);
  if (dice.random() < 0.6 && typeof child === 'object') changeSomewhere(child, dice);
  else if (dice.random() < 0.2) Reflect.deleteProperty(value, key);
  else Reflect.set(value, key, oddValue(dice));
}

function oddValue(dice: Dice): unknown {
  return dice.pick<unknown>([
    ...[
      null,
      true,
      false,
      0,
      -1,
      1e308,
      0.1,
      Number.MAX_SAFE_INTEGER + 2,
      '',
      ' ',
      '\u0000\u001b[31m\u009b',
      '\ud800',
      'x'.repeat(5000),
    ],
    ...[
      [],
      {},
      [[]],
      [null],
      { text: null },
      { text: 7 },
      [{ text: 'x' }],
      '1e999s',
      '-5s',
      'S3CRET-key',
      '__proto__',
      'constructor',
    ],
  ]);
}

/** The good reply's text with some characters replaced, doubled or cut. */
function changedText(dice: Dice): string {
  let text = JSON.stringify(good);
  for (let change = dice.below(8); change > 0; change -= 1) {
    const at = dice.below(text.length);
    text = dice.pick([
      () => text.slice(0, at),
      () => text.slice(0, at) + dice.pick(['"', '\\', '{', ']', '\u0000', ',', '0']) + text.slice(at + 1),
      () => text.slice(0, at) + text.slice(Math.max(0, at - dice.below(40))),
    ])();
  }
  return text;
}

function randomBytes(dice: Dice): Uint8Array {
  return Uint8Array.from({ length: dice.below(300) }, () => dice.below(256));
}
