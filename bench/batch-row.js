import { drawTable } from './table.js';

/**
 * @typedef {object} BatchRow
 * @property {string} what
 * @property {string} measured
 * @property {string=} reference what it is measured against
 * @property {string=} result one by the other, or the difference
 * @property {string=} bar what this project wants to reach
 * @property {boolean=} isMet
 */

const nothing = '–';

/**
 * Draws rows as a Markdown table that is readable as it is.
 * @param {readonly BatchRow[]} rows
 */
export function formatBatchRows(rows) {
  const head = ['what', 'describe-image', 'against', 'result', 'bar', ''];
  const lines = rows.map(
    ({ what, measured, reference = nothing, result = nothing, bar = nothing, isMet }) => [
      what,
      measured,
      reference,
      result,
      bar,
      isMet === undefined ? '' : isMet ? 'met' : 'missed',
    ],
  );
  return drawTable([head, ...lines], 1);
}
