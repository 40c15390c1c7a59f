import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fromMemory } from '../../../src/image/bytes.ts';
import { sniffBytes } from '../../../src/image/formats/fast-sniff.ts';
import { recognise } from '../../../src/image/formats/recognise.ts';
import { type FixtureImage, fixture, fixtureImages } from '../../helpers/fixtures.ts';
import { readers } from '../../helpers/readers.ts';
import { eachRow } from '../../helpers/rows.ts';

/** What may stand behind a complete image without making it another. */
const trailers = [
  Buffer.alloc(1),
  Buffer.alloc(5000),
  Buffer.from('\r\n'),
  Buffer.alloc(100, 0xff),
  Buffer.from('some text that somebody wrote behind a picture'),
];

it('reads every image as its manifest says', () =>
  eachRow(fixtureImages, (image) => {
    const { file, mimeType, sendable = true, width, height } = image;
    const bytes = readFileSync(fixture(`images/${file}`));
    const format = recognise(bytes.subarray(0, sniffBytes));
    if (file === 'empty.bin') {
      expect(format).toBeUndefined();
      return;
    }
    expect(format).toMatchObject({ mimeType, sendable });
    // Its words stand in a sentence and after one.
    expect(format?.name).toMatch(/^[^.\n]+$/);
    expect(format?.advice ?? '.').toMatch(/(?:\.|git lfs pull)$/);
    if (!sendable) return;

    const { measure, endsAt } = readers[mimeType] ?? {};
    expect(measure?.(fromMemory(bytes))).toEqual({ width, height, orientation: expectedOrientation(image) });
    if (file === 'truncated.jpg') {
      expect(endsAt?.(fromMemory(bytes))).toBeGreaterThan(bytes.length);
      return;
    }
    const end = file === 'motion-photo.jpg' ? bytes.indexOf('ffd9', 'hex') + 2 : bytes.length;
    for (const trailer of [Buffer.alloc(0), ...trailers])
      expect(endsAt?.(fromMemory(Buffer.concat([bytes, trailer]))) ?? end).toBe(end);
  }));

function expectedOrientation({ mimeType, orientation, rotation, mirror }: FixtureImage): number {
  // HEIF readers ignore EXIF's.
  if (!/hei[cf]/.test(mimeType)) return orientation ?? 1;
  const known: Readonly<Record<string, number>> = { '': 1, '270': 6, '270 vertical': 7 };
  return known[[rotation, mirror].filter((part) => part !== undefined).join(' ')] ?? Number.NaN;
}
