import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ImageError } from '../../src/errors.ts';
import { planStrip, type StripPlan } from '../../src/image/formats/strip.ts';
import { makeOdd } from '../helpers/damage.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { fixture, fixtureImages } from '../helpers/fixtures.ts';
import { readers } from '../helpers/readers.ts';
import { eachRow } from '../helpers/rows.ts';

const originals = fixtureImages
  .filter(({ mimeType }) => /png|jpeg|webp/.test(mimeType))
  .map(({ file, mimeType }) => ({ bytes: readFileSync(fixture(`images/${file}`)), mimeType }));

it('plans what stays of changed images, or says in an ImageError why not', () =>
  eachRow([1, 2, 3, 4, 5], (seed) => {
    const dice = createDice(seed);
    for (let round = 0; round < 400; round += 1) {
      const { bytes: original, mimeType } = dice.pick(originals);
      const bytes = change(original, dice);
      const plan = planOf(bytes, dice.below(9) === 0 ? dice.pick(originals).mimeType : mimeType);
      if (plan !== undefined) expectSound(plan, bytes.length);
    }
  }));

const head = {
  png: Buffer.from('89504e470d0a1a0a0000000d4948445200000030000000200802000000d87dc0d2', 'hex'),
  jpeg: Buffer.from('ffd8', 'hex'),
  scan: Buffer.from('ffd8ffda0008010100003f00', 'hex'),
  webp: Buffer.from('RIFF\xff\xff\xff\x7fWEBP', 'latin1'),
};

it('reads megabytes of small pieces once or twice, and has few pieces', () =>
  eachRow<[string, string, Buffer, Buffer]>(
    [
      ['empty PNG chunks', 'image/png', head.png, Buffer.from('0000000049444154deadbeef', 'hex')],
      ['small EXIF chunks', 'image/png', head.png, Buffer.from('0000000065584966deadbeef', 'hex')],
      ['fill bytes', 'image/jpeg', head.jpeg, Buffer.from('ff', 'hex')],
      ['fill bytes in a scan', 'image/jpeg', head.scan, Buffer.from('ff', 'hex')],
      ['stuffed bytes', 'image/jpeg', head.scan, Buffer.from('ff00', 'hex')],
      ['restarts', 'image/jpeg', head.scan, Buffer.from('ffd0', 'hex')],
      ['restarts without a scan', 'image/jpeg', head.jpeg, Buffer.from('ffd0', 'hex')],
      ['empty comments', 'image/jpeg', head.jpeg, Buffer.from('fffe0002', 'hex')],
      ['comments behind a fill byte', 'image/jpeg', head.jpeg, Buffer.from('fffffe0002', 'hex')],
      ['EXIF segments', 'image/jpeg', head.jpeg, Buffer.from('ffe10008457869660000', 'hex')],
      ['small scans', 'image/jpeg', head.jpeg, Buffer.concat([head.scan.subarray(2), Buffer.alloc(90)])],
      ['empty WebP chunks', 'image/webp', head.webp, Buffer.from('VP8 \0\0\0\0')],
      ['unknown WebP chunks', 'image/webp', head.webp, Buffer.from('home\0\0\0\0')],
      ['empty frames', 'image/webp', head.webp, Buffer.from(`ANMF\x10\0\0\0${'\0'.repeat(16)}`)],
    ],
    ([_, mimeType, start, unit]) => {
      const bytes = Buffer.alloc(3_000_000, unit);
      start.copy(bytes);
      // The pattern starts anew behind the head.
      bytes.fill(unit, start.length);
      let bytesRead = 0;
      const plan = planOf(bytes, mimeType, (length) => {
        bytesRead += length;
      });
      expect(bytesRead).toBeLessThan(3 * bytes.length);
      expect(plan?.pieces.length ?? 0).toBeLessThanOrEqual(100_000);
    },
  ));

function planOf(bytes: Buffer, mimeType: string, onRead: (length: number) => void = () => undefined) {
  const readAt = (offset: number, length: number) => {
    if (!(offset >= 0 && length >= 0)) throw new TypeError(`${length} bytes from ${offset}`);
    const piece = bytes.subarray(offset, offset + length);
    onRead(piece.length);
    return piece;
  };
  try {
    return planStrip({ readAt, bytes: bytes.length }, stripOf(mimeType));
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    expect(String(error)).toContain('its metadata cannot be removed: ');
    return undefined;
  }
}

function stripOf(mimeType: string) {
  const { strip } = readers[mimeType] ?? {};
  if (strip === undefined) throw new Error(`${mimeType} has no metadata to remove`);
  return strip;
}

/** Ranges in order, none empty, none beyond the end; what is put in is small. */
function expectSound({ pieces, removed }: StripPlan, length: number): void {
  let at = 0;
  let inserted = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) {
      inserted += piece.length;
      continue;
    }
    expect(piece.start).toBeGreaterThanOrEqual(at);
    expect(piece.end).toBeGreaterThan(piece.start);
    at = piece.end;
  }
  expect(at).toBeLessThanOrEqual(length);
  expect(inserted).toBeLessThan(1000);
  expect(new Set(removed).size).toBe(removed.length);
}

/** The same bytes with some numbers in them made odd, or a part of them cut out, doubled or cut off. */
function change(original: Buffer, dice: Dice): Buffer {
  const bytes = Buffer.from(original);
  makeOdd(bytes, 8, [0xff, 0xd9], dice);
  const [from, to] = [dice.below(bytes.length), dice.below(bytes.length)];
  return dice.pick([
    bytes,
    bytes.subarray(0, from),
    Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
    Buffer.concat([bytes, bytes.subarray(from)]),
  ]);
}
