import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ label: string, path: string, bytes: number, isCompared: boolean }} ImageFile */

const sizes = [
  { label: '200 KB', bytes: 200_000, isCompared: true },
  { label: '5 MB', bytes: 5_000_000, isCompared: true },
  { label: '18 MB', bytes: 18_000_000, isCompared: true },
  { label: '90 MB', bytes: 90_000_000, isCompared: false },
];

/**
 * Writes an image of each size. All a client can see is a JPEG's first bytes; the rest is noise, the same each time.
 * @param {string} folder
 * @returns {ImageFile[]}
 */
export function writeImages(folder) {
  return sizes.map((size) => {
    const path = join(folder, `${size.label.replace(' ', '-')}.jpg`);
    writeImage(path, size.bytes);
    return { ...size, path };
  });
}

const jpegStart = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');

/**
 * @param {string} path
 * @param {number} bytes
 */
function writeImage(path, bytes) {
  const file = openSync(path, 'w');
  const noise = new Uint32Array(1 << 18);
  let seed = 1;
  let left = bytes - writeSync(file, jpegStart);
  while (left > 0) {
    seed = fillWithNoise(noise, seed);
    left -= writeSync(file, noise, 0, Math.min(left, noise.byteLength));
  }
  closeSync(file);
}

/**
 * Marsaglia's xorshift32: https://www.jstatsoft.org/article/view/v008i14
 * @param {Uint32Array} noise
 * @param {number} seed
 */
function fillWithNoise(noise, seed) {
  let state = seed;
  for (let index = 0; index < noise.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[index] = state;
  }
  return state;
}
