import { describe, expect, it } from 'vitest';
import { type BatchTally, formatDuration, formatProgress } from '../../src/report/batch-progress.ts';
import { eachRow } from '../helpers/rows.ts';
import { middle, nothing, startedMs, tokens } from '../helpers/tally.ts';

const pausedUntilMs = new Date(2026, 8, 15, 14, 5, 9).getTime();
const paused: BatchTally = { ...middle, pausedUntilMs };
const wide = Number.POSITIVE_INFINITY;

describe('formatProgress', () => {
  it('tells where a run stands', () =>
    eachRow<[string, Partial<BatchTally>, number, string]>(
      [
        [
          'in the middle',
          middle,
          76,
          '312 of 1,000, 3 failed, 12 retries, 4.1 images/s, 2 min 48 s left, 482,113 tokens',
        ],
        [
          'while paused',
          paused,
          76,
          '312 of 1,000, 3 failed, 12 retries, paused until 14:05:09 (rate limit), 482,113 tokens',
        ],
        [
          'after a pause',
          paused,
          309,
          '312 of 1,000, 3 failed, 12 retries, 1.0 images/s, 11 min 21 s left, 482,113 tokens',
        ],
        [
          'with some that were cut off, now and before',
          { ...middle, cutOff: 4, kept: 100, keptCutOff: 1 },
          76,
          '412 of 1,000, 3 failed, 5 cut off, 12 retries, 4.1 images/s, 2 min 23 s left, 482,113 tokens',
        ],
        ['before anything is found', { total: undefined, found: 0 }, 1, 'looking for images'],
        ['with an empty list', { total: 0, found: 0 }, 1, '0 of 0'],
        ['before anything is answered', {}, 1, '0 of 1,000'],
        ['at the very start', { answered: 1 }, 0, '1 of 1,000'],
        ['after the clock was set back', { answered: 1 }, -60, '1 of 1,000'],
        [
          'while images are still looked for',
          { total: undefined, answered: 20 },
          10,
          '20 of at least 1,000, 2.0 images/s',
        ],
        [
          'with one retry and one token',
          { retries: 1, tokens: { ...tokens, totalTokenCount: 1 } },
          1,
          '0 of 1,000, 1 retry, 1 token',
        ],
        ['with answers of an earlier run alone', { kept: 280 }, 10, '280 of 1,000'],
        [
          'with answers of an earlier run',
          { kept: 900, answered: 20 },
          10,
          '920 of 1,000, 2.0 images/s, 40 s left',
        ],
        [
          'with some that will not be tried',
          { answered: 20, notTried: 970 },
          10,
          '20 of 1,000, 2.0 images/s, 5 s left',
        ],
        ['when all is done', { answered: 900, kept: 100 }, 60, '1,000 of 1,000, 15 images/s'],
        [
          'when fast',
          { total: 1e6, answered: 50_000 },
          10,
          '50,000 of 1,000,000, 5,000 images/s, 3 min 10 s left',
        ],
        ['when slow', { answered: 1 }, 6, '1 of 1,000, 10 images/min, 1 h 40 min left'],
        ['when very slow', { answered: 2 }, 3600, '2 of 1,000, 2.0 images/h, 20 d 19 h left'],
        [
          'when very nearly 10 a second',
          { answered: 996 },
          100,
          '996 of 1,000, 10 images/s, less than 1 s left',
        ],
      ],
      ([_, tally, seconds, line]) => {
        expect(formatProgress({ ...nothing, ...tally }, startedMs + seconds * 1000, wide)).toBe(line);
      },
    ));

  it('leaves out what matters least where columns are few', () =>
    eachRow<[number, string, string]>(
      [
        [
          81,
          '312 of 1,000, 3 failed, 12 retries, 4.1 images/s, 2 min 48 s left, 482,113 tokens',
          '312 of 1,000, 3 failed, 12 retries, paused until 14:05:09 (rate limit)',
        ],
        [
          80,
          '312 of 1,000, 3 failed, 12 retries, 4.1 images/s, 2 min 48 s left',
          '312 of 1,000, 3 failed, 12 retries, paused until 14:05:09 (rate limit)',
        ],
        [
          60,
          '312 of 1,000, 3 failed, 4.1 images/s, 2 min 48 s left',
          '312 of 1,000, 3 failed, 12 retries, paused until 14:05:09',
        ],
        [40, '312 of 1,000, 3 failed, 2 min 48 s left', '312 of 1,000, paused until 14:05:09'],
        [30, '312 of 1,000, 3 failed', '312 of 1,000, paused'],
        [20, '312 of 1,000', '312 of 1,000, paused'],
        [12, '312 of 1,000', '312 of 1,000'],
        [11, '312', '312'],
        [3, '312', '312'],
        [2, '', ''],
        [0, '', ''],
        [-2, '', ''],
      ],
      ([columns, line, pausedLine]) => {
        expect(formatProgress(middle, startedMs + 76_000, columns)).toBe(line);
        expect(formatProgress(paused, startedMs + 76_000, columns)).toBe(pausedLine);
      },
    ));

  it('is never wider than the terminal, and never ends within a number', () => {
    const full = formatProgress(middle, startedMs + 76_000, wide).split(', ');
    for (let columns = 0; columns <= 100; columns += 1) {
      const line = formatProgress(middle, startedMs + 76_000, columns);
      expect(line.length).toBeLessThanOrEqual(columns);
      for (const part of line.split(', ')) expect([...full, '312', '']).toContain(part);
    }
  });
});

it('writes milliseconds as a person says them', () =>
  eachRow<[number, string]>(
    [
      [-5, 'less than 1 s'],
      [0, 'less than 1 s'],
      [Number.NaN, 'less than 1 s'],
      [499, 'less than 1 s'],
      [500, '1 s'],
      [45_000, '45 s'],
      [59_499, '59 s'],
      [59_500, '1 min'],
      [168_000, '2 min 48 s'],
      [3_599_499, '59 min 59 s'],
      [3_599_500, '1 h'],
      [11_520_000, '3 h 12 min'],
      [86_369_000, '23 h 59 min'],
      [86_370_000, '1 d'],
      [187_200_000, '2 d 4 h'],
      [172_799_000, '2 d'],
    ],
    ([durationMs, text]) => {
      expect(formatDuration(durationMs)).toBe(text);
    },
  ));
