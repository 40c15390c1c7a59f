import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPrices } from '../../src/cli/prices.ts';
import { defaultPrices, estimateCost, type Prices } from '../../src/engine/cost.ts';
import { UsageError } from '../../src/errors.ts';
import { formatCost } from '../../src/report/figures.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { eachRow } from '../helpers/rows.ts';

const autumn = defaultPrices(new Date('2026-09-15T12:00:00Z'));
const million = { promptTokenCount: 1_000_000, candidatesTokenCount: 0, thoughtsTokenCount: 0 };
const { signal } = new AbortController();

describe('estimateCost', () => {
  it('knows the price of a model by any of its names', () =>
    eachRow<[string, number | undefined]>(
      [
        ['gemini-3.8-flash', 0.75],
        ['gemini-3.6-flash', 1.5],
        ['gemini-3.5-flash-lite', 0.3],
        ['gemini-2.5-flash', 0.3],
        ['gemini-2.5-pro', 1.25],
        ['models/gemini-2.5-pro', 1.25],
        ['gemini-2.5-pro-002', 1.25],
        ['gemini-2.5-pro-latest', 1.25],
        ['gemini-2.5-pro-preview-05-06', 1.25],
        ['gemini-2.5-flash-preview-09-2025', 0.3],
        ['gemini-2.5-flash-lite', undefined],
        ['gemini-2.5-flash-lite-preview-06-17', undefined],
        ['gemini-2.5-flash-image', undefined],
        ['gemini-2.5-flash-preview-tts', undefined],
        ['gemini-2.5-pro2', undefined],
        ['gemini-2.5', undefined],
        ['tunedModels/gemini-2.5-pro', undefined],
        ['constructor', undefined],
        ['__proto__', undefined],
        ['', undefined],
      ],
      ([model, dollars]) => {
        expect(estimateCost(model, million, autumn)).toBe(dollars);
      },
    ));

  it('counts thoughts as output', () => {
    const tokens = { promptTokenCount: 400_000, candidatesTokenCount: 30_000, thoughtsTokenCount: 20_000 };
    expect(estimateCost('gemini-2.5-pro', tokens, autumn)).toBeCloseTo(0.5 + 0.5, 10);
  });

  it('knows when the introductory price ends', () => {
    const output = { promptTokenCount: 0, candidatesTokenCount: 1_000_000, thoughtsTokenCount: 0 };
    const at = (date: string) => estimateCost('gemini-3.8-flash', output, defaultPrices(new Date(date)));
    expect(at('2026-12-31T23:59:59Z')).toBe(3.75);
    expect(at('2027-01-01T00:00:00Z')).toBe(7.5);
  });

  it('takes the price of the longest name', () => {
    const prices: Prices = new Map([
      ['my-model-2', { input: 2, output: 2 }],
      ['my-model', { input: 1, output: 1 }],
      ['my-model-2-5', { input: 3, output: 3 }],
    ]);
    const costs = ['my-model-1', 'my-model-2', 'my-model-2-4', 'my-model-2-5-001'].map((model) =>
      estimateCost(model, million, prices),
    );
    expect(costs).toEqual([1, 2, 2, 3]);
  });
});

it('writes dollars to the digit that matters', () =>
  eachRow<[number | undefined, string]>(
    [
      [0, 'less than $0.0001'],
      [0.000_099, 'less than $0.0001'],
      [0.0001, 'about $0.0001'],
      [0.0123, 'about $0.0123'],
      [0.5, 'about $0.5000'],
      [0.99994, 'about $0.9999'],
      [0.99996, 'about $1.00'],
      [12.3, 'about $12.30'],
      [1234.5, 'about $1,234.50'],
      [1_234_567.891, 'about $1,234,567.89'],
      [undefined, 'cost unknown: no price for my-model (--prices)'],
    ],
    ([dollars, text]) => {
      expect(formatCost(dollars, 'my-model')).toBe(text);
    },
  ));

it('takes control characters out of the name of a model', () => {
  expect(formatCost(undefined, 'my\u001b[31m\nmodel')).toBe('cost unknown: no price for my model (--prices)');
});

describe('readPrices', () => {
  const read = (content: string | Uint8Array) =>
    readPrices(temporaryFile('prices.json', content), autumn, signal);

  it('adds prices to those that are known, and puts them in their place', async () => {
    const prices = await read(
      '\ufeff{"gemini-2.5-pro": {"input": 1, "output": 2}, "models/my-model": {"input": 0, "output": 4.5}}',
    );
    expect(prices.get('gemini-2.5-pro')).toEqual({ input: 1, output: 2 });
    expect(prices.get('my-model')).toEqual({ input: 0, output: 4.5 });
    expect(prices.get('gemini-2.5-flash')).toEqual({ input: 0.3, output: 2.5 });
    expect(autumn.get('gemini-2.5-pro')).toEqual({ input: 1.25, output: 10 });
  });

  it('takes any name for one of a model', async () => {
    const prices = await read('{"__proto__": {"input": 1, "output": 2}}');
    expect(estimateCost('__proto__', million, prices)).toBe(1);
    expect(estimateCost('toString', million, prices)).toBeUndefined();
  });

  it('refuses a file that is no list of prices', () =>
    eachRow<[string, string | Uint8Array, string]>(
      [
        ['that is empty', '', 'is not JSON'],
        ['that is not JSON', '{"m": {"input": NaN, "output": 1}}', 'is not JSON'],
        ['that is cut off', '{"m": {"input": 1', 'is not JSON'],
        ['nested without end', '['.repeat(500_000), 'is not JSON'],
        ['with a list', '[]', 'does not contain a JSON object'],
        ['with null', 'null', 'does not contain a JSON object'],
        ['with a number for a model', '{"m": 1.25}', 'has no input and output for "m"'],
        ['with null for a model', '{"m": null}', 'has no input and output for "m"'],
        ['with a list for a model', '{"m": [1, 2]}', 'has no input and output for "m"'],
        ['without output', '{"m": {"input": 1}}', 'has no output for "m"'],
        ['without input', '{"m": {"output": 1}}', 'has no input for "m"'],
        ['with a text', '{"m": {"input": "1.25", "output": 1}}', 'has an input for "m" that is not a number'],
        [
          'with null as a price',
          '{"m": {"input": 1, "output": null}}',
          'has an output for "m" that is not a number',
        ],
        [
          'with an infinite price',
          '{"m": {"input": 1e999, "output": 1}}',
          'has an input for "m" that is not a number',
        ],
        [
          'with a negative price',
          '{"m": {"input": 1, "output": -0.1}}',
          'has an output for "m" that is negative',
        ],
        [
          'with a nameless model',
          '{"models/": {"input": 1, "output": 1}}',
          'has a price for a model without a name',
        ],
        [
          'with a long name',
          `{"${'m'.repeat(5000)}": 1}`,
          `has no input and output for "${'m'.repeat(60)}…"`,
        ],
        ['that is no text', Uint8Array.of(0x7b, 0xff, 0x7d), 'is not UTF-8 text'],
        ['larger than 1 MiB', ' '.repeat(1024 * 1024 + 1), 'is larger than 1048576 bytes'],
      ],
      async ([_, content, what]) => {
        const path = temporaryFile('prices.json', content);
        const error = await readPrices(path, autumn, signal).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UsageError);
        expect(error).toMatchObject({ message: `the price file ${path} ${what}` });
      },
    ));

  it('refuses what is not there, or no file', async () => {
    const folder = temporaryFolder();
    const link = join(folder, 'link.json');
    symlinkSync('nowhere', link);
    await expect(readPrices(link, autumn, signal)).rejects.toThrow(`the price file ${link} does not exist`);
    await expect(readPrices(folder, autumn, signal)).rejects.toThrow(`the price file ${folder} is a folder`);
  });

  it('does not repeat what is in a file that is no price file', async () => {
    const path = temporaryFile('key', 'secret-key-123');
    const error = await readPrices(path, autumn, signal).catch((thrown: UsageError) => thrown);
    expect(`${error}`).not.toContain('secret');
  });
});
