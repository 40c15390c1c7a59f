import { expect, it } from 'vitest';
import { estimateImageTokens } from '../../src/api/tokens.ts';

const photo = { width: 960, height: 540 };

it('counts the tokens of an image by model and media resolution', () => {
  const cases = [
    ['gemini-3.8-flash', undefined, 1120],
    ['gemini-3.8-flash', 'low', 280],
    ['gemini-3.8-flash', 'medium', 560],
    ['gemini-3.8-flash', 'high', 1120],
    ['gemini-3-pro-preview', undefined, 1120],
    ['models/gemini-3.6-flash', undefined, 1120],
    ['gemini-2.5-pro', undefined, 1548],
    ['gemini-2.5-pro', 'low', 1548],
    ['models/gemini-2.5-flash', undefined, 1548],
    ['tuned-gemini-3', undefined, 1548],
  ] as const;
  for (const [model, resolution, tokens] of cases) {
    expect(estimateImageTokens(model, photo, resolution), model).toBe(tokens);
  }
});

it('counts gemini-3 images alike, whatever their size', () => {
  const sizes = [10, 384, 385, 5000].map((edge) => ({ width: edge, height: edge }));
  expect(sizes.map((size) => estimateImageTokens('gemini-3.8-flash', size, undefined))).toEqual([
    1120, 1120, 1120, 1120,
  ]);
});

it('counts an image by tiles for an earlier model', () => {
  const cases = [
    [384, 384, 1],
    [385, 384, 4],
    [384, 385, 4],
    [10, 10, 1],
    [3000, 300, 30],
    [4000, 3000, 4],
  ] as const;
  for (const [width, height, tiles] of cases) {
    expect(estimateImageTokens('gemini-2.5-pro', { width, height }, undefined)).toBe(tiles * 258);
  }
});
