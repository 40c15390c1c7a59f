import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readDimensions } from '../../src/image/dimensions.ts';
import { fixture, fixtureImages } from '../helpers/fixtures.ts';

const sendable = fixtureImages.filter(({ width }) => width !== undefined);

it.each(sendable)('reads $file as $width × $height', ({ file, width, height }) => {
  expect(dimensionsOf(readFileSync(fixture(`images/${file}`)))).toEqual({ width, height });
});

it.each(sendable)('answers or says nothing for $file cut anywhere', ({ file, width, height }) => {
  const bytes = readFileSync(fixture(`images/${file}`));
  for (let length = 0; length < Math.min(bytes.length, 2000); length += 1) {
    const dimensions = dimensionsOf(bytes.subarray(0, length));
    if (dimensions !== undefined) expect(dimensions).toEqual({ width, height });
  }
});

it.each(sendable)('answers or says nothing for $file with any byte changed', ({ file }) => {
  const bytes = readFileSync(fixture(`images/${file}`));
  for (let at = 0; at < Math.min(bytes.length, 1200); at += 1) {
    for (const value of [0x00, 0x7f, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const dimensions = dimensionsOf(changed);
      if (dimensions !== undefined) expect(dimensions.width * dimensions.height).toBeGreaterThan(0);
    }
  }
});

function dimensionsOf(bytes: Buffer) {
  return readDimensions((offset, length) => bytes.subarray(offset, offset + length));
}
