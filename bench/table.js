/** @import { Row } from './summary.js' */

const nothing = '–';

/** @type {readonly [heading: string, cell: (row: Row) => string | undefined][]} */
const columns = [
  ['command', ({ name }) => name],
  ['image', ({ image }) => image],
  ['wall, ms', ({ wallMs }) => wallMs.toFixed(0)],
  ['× empty Node', ({ ratios }) => ratios.empty?.toFixed(2)],
  ['× plain fetch', ({ ratios }) => ratios.fetch?.toFixed(2)],
  ['× jq pipeline', ({ ratios }) => ratios.jq?.toFixed(2)],
  ['× fastest pipeline', ({ ratios }) => ratios.fastest?.toFixed(2)],
  ['peak, MiB', ({ peakMiB }) => peakMiB?.toFixed(1)],
];

/** Only these are words; all else is set to the right. */
const leftColumns = 1;

/**
 * Draws rows as a Markdown table that is readable as it is.
 * @param {readonly Row[]} rows
 */
export function formatTable(rows) {
  const lines = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, cell]) => cell(row) ?? nothing)),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const [head = '', ...body] = lines.map((line) =>
    tableLine(line.map((cell, index) => pad(cell, index, widths[index]))),
  );
  return [head, tableLine(widths.map(ruleOf)), ...body].join('\n');
}

/** @param {readonly string[]} cells */
function tableLine(cells) {
  return `| ${cells.join(' | ')} |`;
}

/**
 * @param {string} cell
 * @param {number} index
 * @param {number=} width
 */
function pad(cell, index, width = 0) {
  return index < leftColumns ? cell.padEnd(width) : cell.padStart(width);
}

/**
 * @param {number} width
 * @param {number} index
 */
function ruleOf(width, index) {
  return index < leftColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
}
