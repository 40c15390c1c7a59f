import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ImageError } from '../../src/errors.ts';
import { makeOdd } from '../helpers/damage.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture, fixtureImages } from '../helpers/fixtures.ts';
import { load } from '../helpers/load.ts';
import { eachRow } from '../helpers/rows.ts';

const originals = fixtureImages.map(({ file }) => readFileSync(fixture(`images/${file}`)));
const names = ['picture', 'picture.png', 'photo.jpg', 'photo.heic', 'x.webp', 'x.gif', 'x.zzz', 'x.svg'];

it('loads changed images, or says in an ImageError why not', () =>
  eachRow([1, 2, 3, 4, 5], async (seed) => {
    const dice = createDice(seed);
    const path = temporaryFile(dice.pick(names), '');
    for (let round = 0; round < 160; round += 1) {
      const bytes = change(dice.pick(originals), dice);
      writeFileSync(path, bytes);
      // From memory and from a file: the two are read in different ways.
      for (const input of [path, bytes]) {
        const image = await load(input, { convert: false }).catch((error: unknown) => error);
        if (image instanceof Error) {
          expect(image).toBeInstanceOf(ImageError);
          continue;
        }
        const { dimensions: found, bytes: size } = image as Awaited<ReturnType<typeof load>>;
        expect(size).toBe(bytes.length);
        if (found !== undefined) expect(Math.min(found.width, found.height)).toBeGreaterThan(0);
      }
    }
  }));

/** The same bytes with some numbers in them made odd, and perhaps cut or grown. */
function change(original: Buffer, dice: Dice): Buffer {
  const bytes = Buffer.from(original);
  if (bytes.length === 0) return Buffer.from(Array.from({ length: dice.below(64) }, () => dice.below(256)));
  makeOdd(bytes, 12, [0x80, 0, 0, 0], dice);
  const length = dice.pick([bytes.length, bytes.length, dice.below(bytes.length), dice.below(64)]);
  return Buffer.concat([bytes.subarray(0, length), Buffer.alloc(dice.pick([0, 0, 7]), dice.below(256))]);
}
