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

/** The name of the command. */
const leftColumns = 1;

/**
 * Draws rows as a Markdown table that is readable as it is.
 * @param {readonly Row[]} rows
 */
export function formatTable(rows) {
  const lines = rows.map((row) => columns.map(([, cell]) => cell(row) ?? nothing));
  return drawTable([columns.map(([heading]) => heading), ...lines], leftColumns);
}

/**
 * Draws lines of cells, the first of them headings.
 * @param {readonly (readonly string[])[]} lines
 * @param {number} leftColumns so many are words; all else is set to the right
 */
export function drawTable(lines, leftColumns) {
  const [first = []] = lines;
  const widths = first.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const [head = '', ...body] = lines.map((line) =>
    tableLine(line.map((cell, index) => pad(cell, widths[index], index < leftColumns))),
  );
  return [head, tableLine(widths.map((width, index) => ruleOf(width, index < leftColumns))), ...body].join(
    '\n',
  );
}

/** @param {readonly string[]} cells */
function tableLine(cells) {
  return `| ${cells.join(' | ')} |`;
}

/**
 * @param {string} cell
 * @param {number=} width
 * @param {boolean=} isLeft
 */
function pad(cell, width = 0, isLeft = false) {
  return isLeft ? cell.padEnd(width) : cell.padStart(width);
}

/**
 * @param {number} width
 * @param {boolean} isLeft
 */
function ruleOf(width, isLeft) {
  return isLeft ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
}
