import { concurrency, freshCommand, pipelinesCommand } from './batch-command.js';
import { median } from './median.js';
import { runSilently } from './run.js';

/** @import { Place } from './batch-command.js' */
/** @import { BatchRow } from './batch-row.js' */

/**
 * How long a batch takes while the server takes its time, against the time of its waits alone.
 * @param {Place} place
 * @param {{ folder: string, journal: string, count: number, delayMs: number, runs: number }} measure
 * @returns {Promise<BatchRow>}
 */
export async function measureWaiting(place, { folder, journal, count, delayMs, runs }) {
  const idealMs = (count * delayMs) / concurrency;
  const times = [];
  for (let run = 0; run < runs; run++) {
    times.push(await runSilently(freshCommand(place, folder, journal), place.environment));
  }
  const ms = median(times);
  return {
    what: `${count.toLocaleString('en')} images, ${delayMs} ms until an answer`,
    measured: `${(ms / 1000).toFixed(2)} s`,
    reference: `${(idealMs / 1000).toFixed(2)} s of waiting`,
    result: `${(ms / idealMs).toFixed(2)} ×`,
    bar: '≤ 1.10 ×',
    isMet: ms / idealMs <= 1.1,
  };
}

/**
 * How many images a second one batch sees through, and a shell with a pipeline for each image; in turns.
 * @param {Place} place
 * @param {{ folder: string, journal: string, count: number, runs: number }} measure
 * @returns {Promise<BatchRow>}
 */
export async function measureRate(place, { folder, journal, count, runs }) {
  /** @type {Record<'batch' | 'shell' | 'ratios', number[]>} */
  const { batch, shell, ratios } = { batch: [], shell: [], ratios: [] };
  for (let run = 0; run < runs; run++) {
    const batchMs = await runSilently(freshCommand(place, folder, journal), place.environment);
    const shellMs = await runSilently(pipelinesCommand(folder), place.environment);
    batch.push(batchMs);
    shell.push(shellMs);
    ratios.push(shellMs / batchMs);
  }
  const perSecond = (/** @type {number[]} */ times) =>
    `${((count * 1000) / median(times)).toFixed(0)} a second`;
  const ratio = median(ratios);
  return {
    what: `${count.toLocaleString('en')} images, answered at once`,
    measured: perSecond(batch),
    reference: `${perSecond(shell)}, two pipelines at a time`,
    result: `${ratio.toFixed(1)} ×`,
    bar: '≥ 4 ×',
    isMet: ratio >= 4,
  };
}
