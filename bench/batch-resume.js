import { spawn } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { batchCommand, hashCommand } from './batch-command.js';
import { writeNewImage } from './batch-images.js';
import { median } from './median.js';
import { ended, runSilently } from './run.js';

/** @import { Place } from './batch-command.js' */
/** @import { BatchRow } from './batch-row.js' */

/**
 * How long a run that goes on takes to its first request, with one new image among those that are answered, against reading
 * and hashing the files by sha256sum; in turns.
 * @param {Place & { nextRequest: () => Promise<unknown> }} place
 * @param {{ folder: string, journal: string, label: string, isLast: boolean, runs: number }} measure
 * @returns {Promise<BatchRow>}
 */
export async function measureResume(place, { folder, journal, label, isLast, runs }) {
  const image = join(folder, isLast ? 'z.jpg' : '0.jpg');
  const copy = `${journal}.copy`;
  writeNewImage(image);
  /** @type {Record<'own' | 'hashing' | 'ratios', number[]>} */
  const { own, hashing, ratios } = { own: [], hashing: [], ratios: [] };
  for (let run = 0; run < runs; run++) {
    copyFileSync(journal, copy);
    const ownMs = await timeToRequest(place, batchCommand(place, folder, copy));
    const hashMs = await runSilently(hashCommand(folder), place.environment);
    own.push(ownMs);
    hashing.push(hashMs);
    ratios.push(ownMs / hashMs);
  }
  rmSync(image);
  const ratio = median(ratios);
  return {
    what: `to the first request, ${label} answered, the ${isLast ? 'last' : 'first'} one not`,
    measured: `${(median(own) / 1000).toFixed(2)} s`,
    reference: `${(median(hashing) / 1000).toFixed(2)} s of sha256sum`,
    result: `${ratio.toFixed(2)} ×`,
    bar: '≤ 3 ×',
    isMet: ratio <= 3,
  };
}

/**
 * @param {Place & { nextRequest: () => Promise<unknown> }} place
 * @param {readonly string[]} argv
 */
async function timeToRequest({ environment, nextRequest }, [command = '', ...rest]) {
  const asked = nextRequest();
  const started = process.hrtime.bigint();
  const child = spawn(command, rest, { env: environment, stdio: 'ignore' });
  const over = ended(child, [command, ...rest]);
  // A run that ends without having asked is none.
  const isAsked = await Promise.race([asked.then(() => true), over.then(() => false)]);
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  await over;
  if (!isAsked) throw new Error(`nothing was asked: ${rest.join(' ')}`);
  return ms;
}
