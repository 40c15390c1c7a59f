import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { closeLookBytes, sniffBytes } from '../../../src/image/formats/fast-sniff.ts';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { createDice } from '../../helpers/dice.ts';
import { fixture, fixtureImages } from '../../helpers/fixtures.ts';

const heads = fixtureImages.map(({ file }) =>
  readFileSync(fixture(`images/${file}`)).subarray(0, sniffBytes),
);

it('says nothing of bytes that are of no known format', () => {
  expect(recognise(Buffer.from([0x00, 0x17, 0x2a, 0xff, 0x80, 0x00]))).toBeUndefined();
  expect(recognise(Buffer.alloc(0))).toBeUndefined();
});

it('needs no more than the head, and looks no further', () => {
  const png = readFileSync(fixture('images/rgb.png'));
  expect(recognise(Buffer.concat([Buffer.alloc(closeLookBytes, 0x20), png]))?.name).toBe('text');
});

it('never throws, however short a head is cut', () => {
  for (const head of heads)
    for (let length = 0; length <= 64; length += 1)
      expect(() => recognise(head.subarray(0, length))).not.toThrow();
});

it('never throws, whichever of the first bytes are changed', () => {
  const dice = createDice(11);
  for (const head of heads) {
    for (let round = 0; round < 25 && head.length > 0; round += 1) {
      const changed = Buffer.from(head);
      for (let count = 0; count < 4; count += 1)
        changed[dice.below(Math.min(64, head.length))] = dice.pick([0, 1, 0x7f, 0xff, dice.below(256)]);
      expect(() => recognise(changed)).not.toThrow();
    }
  }
});

it('never takes random bytes for a damaged image', () => {
  const dice = createDice(7);
  for (let round = 0; round < 5000; round += 1) {
    const head = Buffer.alloc(dice.pick([3, 40, 600]));
    for (let at = 0; at + 4 <= head.length; at += 4) head.writeUInt32LE(dice.below(2 ** 32), at);
    // The first bytes of a JPEG are the likeliest to come by chance: some rounds are given them.
    if (head.length > 40 && round % 3 === 0) head.set([0xff, 0xd8, 0xff], 1 + dice.below(500));
    expect(recognise(head)?.name ?? '').not.toMatch(/before it|damaged/);
  }
});
