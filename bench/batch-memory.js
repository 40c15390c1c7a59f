import { median } from './median.js';
import { measurePeak } from './memory.js';

/** @import { BatchRow } from './batch-row.js' */
/** @import { MemoryMeter } from './memory.js' */

/**
 * @typedef {object} PeakMeasure
 * @property {string} what
 * @property {() => readonly string[]} command made anew for each run
 * @property {number} runs
 */

/** How much more memory many images may take than a hundred. */
const mostMiB = 15;

/**
 * The peak memory of each command, against that of the first.
 * @param {readonly PeakMeasure[]} measures
 * @param {MemoryMeter | undefined} meter
 * @param {NodeJS.ProcessEnv} environment
 */
export async function measureBatchPeaks(measures, meter, environment) {
  /** @type {BatchRow[]} */
  const rows = [];
  /** @type {number | undefined} */
  let first;
  for (const { what, command, runs } of measures) {
    const peaks = [];
    for (let run = 0; meter !== undefined && run < runs; run++) {
      peaks.push(await measurePeak(command(), meter, environment));
    }
    rows.push(rowOf(what, peaks.length === 0 ? undefined : median(peaks), first));
    first ??= peaks.length === 0 ? undefined : median(peaks);
  }
  return rows;
}

/**
 * @param {string} what
 * @param {number | undefined} peak
 * @param {number | undefined} first
 * @returns {BatchRow}
 */
function rowOf(what, peak, first) {
  const row = { what: `peak memory, ${what}`, measured: peak === undefined ? '–' : `${peak.toFixed(1)} MiB` };
  if (peak === undefined || first === undefined) return row;
  const more = peak - first;
  return {
    ...row,
    reference: `${first.toFixed(1)} MiB for 100 images`,
    result: `${more < 0 ? '−' : '+'}${Math.abs(more).toFixed(1)} MiB`,
    bar: `≤ +${mostMiB} MiB`,
    isMet: more <= mostMiB,
  };
}
