/** @import { CommandId } from './commands.js' */
/** @import { ReferenceId, Row } from './summary.js' */

/** @typedef {{ text: string, measured: string | undefined, isMet: boolean | undefined }} Bar */

/**
 * Holds the rows against what this project wants to reach. What could not be measured is undefined.
 * @param {readonly Row[]} rows
 * @returns {Bar[]}
 */
export function listBars(rows) {
  const find = (/** @type {CommandId} */ id, /** @type {string | undefined} */ image) =>
    rows.find((row) => row.id === id && row.image === image);
  const [small, large, huge] = [find('tool', '200 KB'), find('tool', '18 MB'), find('tool', '90 MB')];
  return [
    wallBar('200 KB', small, 'empty', 'the empty Node program', 1.6),
    peakBar('200 KB', small, find('empty', undefined), 'the empty Node program', 12),
    wallBar('--help', find('help', undefined), 'empty', 'the empty Node program', 1.5),
    wallBar('18 MB', large, 'fetch', 'plain fetch', 0.65),
    wallBar('18 MB', large, 'jq', 'the jq pipeline', 0.5),
    wallBar('18 MB', large, 'fastest', 'the fastest pipeline', undefined),
    peakBar('18 MB', large, small, '200 KB', 6),
    peakBar('90 MB', huge, small, '200 KB', 6),
  ];
}

/**
 * @param {string} what
 * @param {Row | undefined} row
 * @param {ReferenceId} reference
 * @param {string} referenceName
 * @param {number | undefined} most
 * @returns {Bar}
 */
function wallBar(what, row, reference, referenceName, most) {
  const ratio = row?.ratios[reference];
  return {
    text: `${what}: wall time ${most === undefined ? 'as a multiple of' : `at most ${most} ×`} ${referenceName}`,
    measured: ratio === undefined ? undefined : `${ratio.toFixed(2)} ×`,
    isMet: ratio === undefined || most === undefined ? undefined : ratio <= most,
  };
}

/**
 * @param {string} what
 * @param {Row | undefined} row
 * @param {Row | undefined} reference
 * @param {string} referenceName
 * @param {number} mostMiB
 * @returns {Bar}
 */
function peakBar(what, row, reference, referenceName, mostMiB) {
  const text = `${what}: peak memory at most ${mostMiB} MiB above ${referenceName}`;
  if (row?.peakMiB === undefined || reference?.peakMiB === undefined) {
    return { text, measured: undefined, isMet: undefined };
  }
  const differenceMiB = row.peakMiB - reference.peakMiB;
  const sign = differenceMiB < 0 ? '−' : '+';
  return {
    text,
    measured: `${sign}${Math.abs(differenceMiB).toFixed(1)} MiB`,
    isMet: differenceMiB <= mostMiB,
  };
}
