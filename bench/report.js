import { formatTable } from './table.js';

/** @import { Bar } from './bars.js' */
/** @import { MemoryMeter } from './memory.js' */
/** @import { Row } from './summary.js' */

/**
 * @typedef {object} Report
 * @property {string} machine
 * @property {number} runs
 * @property {MemoryMeter | undefined} meter
 * @property {readonly string[]} missing
 * @property {readonly Row[]} rows
 * @property {readonly Bar[]} bars
 */

/**
 * Words the whole result in Markdown.
 * @param {Report} report
 */
export function formatReport({ machine, runs, meter, missing, rows, bars }) {
  const notes = [
    `${machine}.`,
    `Whole processes against a server on the same machine; medians of ${runs} interleaved runs, ratios taken within each round.`,
    'The times alone mean nothing where a machine is shared; the ratios do.',
    meter === undefined
      ? 'No peak memory: neither GNU time nor python3 is installed.'
      : `Peak memory is that of the largest process (${meter.name}, median of 3 runs of their own).`,
    ...(missing.length > 0
      ? [`No pipelines: not installed, or not the GNU one: ${missing.join(', ')}.`]
      : []),
  ];
  return `${formatTable(rows)}\n\n${notes.join('\n')}\n\n${bars.map(formatBar).join('\n')}`;
}

/** @param {Bar} bar */
function formatBar({ text, measured, isMet }) {
  const verdict = isMet === undefined ? 'no bar' : isMet ? 'met' : 'missed';
  return `- ${text}: ${measured === undefined ? 'not measured' : `${measured}, ${verdict}`}`;
}
