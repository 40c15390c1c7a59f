import { expect, it } from 'vitest';
import type { BatchTally } from '../../src/report/batch-progress.ts';
import { type BatchOutcome, formatSummary } from '../../src/report/summary.ts';
import { eachRow } from '../helpers/rows.ts';

const tally: BatchTally = {
  total: 1000,
  found: 1000,
  ...{ answered: 712, cutOff: 0, unkept: 0, kept: 280, keptCutOff: 0, failed: 0, notTried: 8, retries: 4 },
  tokens: {
    promptTokenCount: 400_000,
    candidatesTokenCount: 80_113,
    thoughtsTokenCount: 2000,
    totalTokenCount: 482_113,
  },
  pausedUntilMs: undefined,
  startedMs: 0,
};
const noTokens = { promptTokenCount: 0, candidatesTokenCount: 0, thoughtsTokenCount: 0, totalTokenCount: 0 };
const outcome: BatchOutcome = {
  tally,
  failures: [],
  model: 'gemini-2.5-pro',
  elapsedMs: 250_000,
  cost: 1.234,
};
const summaryOf = (changed: Partial<BatchTally>, more: Partial<BatchOutcome> = {}) =>
  formatSummary({ ...outcome, tally: { ...tally, ...changed }, ...more });

it('tells of answers that could not be recorded', () => {
  const [counts] = summaryOf({ answered: 710, unkept: 2 });
  expect(counts).toBe('1,000 images: 710 answered, 280 kept, 2 not recorded, 8 not tried');
});

it('takes two lines when nothing failed', () => {
  expect(formatSummary(outcome)).toEqual([
    '1,000 images: 712 answered, 280 kept, 8 not tried',
    '482,113 tokens: 400,000 prompt + 2,000 thinking + 80,113 answer, about $1.23, in 4 min 10 s',
  ]);
});

const none = { answered: 0, kept: 0, failed: 0, notTried: 0 };
it('counts what happened', () =>
  eachRow<[string, Partial<BatchTally>, string]>(
    [
      [
        'a bit of all',
        { answered: 1712, kept: 280, failed: 8, notTried: 1 },
        '1,000 images: 1,712 answered, 280 kept, 8 failed, 1 not tried',
      ],
      [
        'some that were cut off, now and before',
        { answered: 715, cutOff: 5, kept: 285, keptCutOff: 2, notTried: 0 },
        '1,000 images: 710 answered, 283 kept, 7 cut off',
      ],
      ['one image', { ...none, total: 1, found: 1, answered: 1 }, '1 image: 1 answered'],
      ['nothing but kept ones', { ...none, kept: 1000 }, '1,000 images: 1,000 kept'],
      ['no images', { ...none, total: 0, found: 0 }, '0 images'],
      [
        'a folder that was not walked to its end',
        { ...none, total: undefined, found: 312, answered: 300, notTried: 12 },
        '312 images found: 300 answered, 12 not tried',
      ],
    ],
    ([_, changed, line]) => {
      expect(summaryOf(changed)[0]).toBe(line);
    },
  ));

it('tells the cost with what is unknown', () =>
  eachRow<[string, Partial<BatchTally>, Partial<BatchOutcome>, string]>(
    [
      [
        'a price that is not known',
        {},
        { cost: undefined },
        '482,113 tokens: 400,000 prompt + 2,000 thinking + 80,113 answer, cost unknown: no price for gemini-2.5-pro (--prices), in 4 min 10 s',
      ],
      [
        'hardly any cost',
        {},
        { cost: 0.00001 },
        '482,113 tokens: 400,000 prompt + 2,000 thinking + 80,113 answer, less than $0.0001, in 4 min 10 s',
      ],
      [
        'answers whose tokens nobody counted',
        { tokens: noTokens },
        {},
        'the API reported no token counts, in 4 min 10 s',
      ],
      ['no answers', { tokens: noTokens, answered: 0 }, { elapsedMs: 90 }, 'no tokens, in less than 1 s'],
    ],
    ([_, changed, more, line]) => {
      expect(summaryOf(changed, more).at(-1)).toBe(line);
    },
  ));

it('names each image that failed, once, and why', () => {
  const failures = [
    { image: 'photos/x.jpg', message: 'no such file' },
    { image: 'photos/y.jpg', message: 'photos/y.jpg: permission denied' },
  ];
  expect(summaryOf({ failed: 2 }, { failures }).slice(1, -1)).toEqual([
    '  photos/x.jpg: no such file',
    '  photos/y.jpg: permission denied',
  ]);
});

it('takes out what a terminal would obey', () => {
  const failures = [{ image: 'a\u001b[2J\nb.jpg', message: '\u0007no\rsuch\u202e file\u009b5m' }];
  expect(summaryOf({ failed: 1 }, { failures })[1]).toBe('  a b.jpg: nosuch file');
});

const failuresOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ image: `${index}.jpg`, message: 'no such file' }));

it('names so many failures and counts the others', () =>
  eachRow<[string, number, number, string, number]>(
    [
      ['20 of 20', 20, 20, '  19.jpg: no such file', 20],
      ['20 of 21', 21, 21, '  … and 1 more', 21],
      ['20 of 32', 32, 32, '  … and 12 more', 21],
      ['20 of 5,020 of which 20 were kept', 20, 5020, '  … and 5,000 more', 21],
    ],
    ([_, given, failed, last, lines]) => {
      const shown = summaryOf({ failed }, { failures: failuresOf(given) }).slice(1, -1);
      expect(shown.at(-1)).toBe(last);
      expect(shown).toHaveLength(lines);
    },
  ));
