import { median } from './median.js';

/** @import { Command, CommandId } from './commands.js' */
/** @import { Peaks } from './memory.js' */
/** @import { Round } from './wall.js' */

/** What others are measured against. */
export const referenceIds = /** @type {const} */ (['empty', 'fetch', 'jq', 'fastest']);

/** @typedef {typeof referenceIds[number]} ReferenceId */

/**
 * @typedef {object} Row
 * @property {CommandId} id
 * @property {string} name
 * @property {string | undefined} image
 * @property {number} wallMs
 * @property {Partial<Record<ReferenceId, number>>} ratios medians of the ratios within a round
 * @property {number | undefined} peakMiB
 */

/**
 * Makes a row of each command's rounds.
 * @param {readonly Command[]} commands
 * @param {readonly Round[]} rounds
 * @param {Peaks} peaks
 * @returns {Row[]}
 */
export function summarize(commands, rounds, peaks) {
  return commands.map(({ id, name, image }) => ({
    id,
    name,
    image: image?.label,
    wallMs: median(rounds.flatMap((round) => round[id] ?? [])),
    ratios: ratiosOf(id, rounds),
    peakMiB: peaks[id],
  }));
}

/**
 * @param {CommandId} id
 * @param {readonly Round[]} rounds
 */
function ratiosOf(id, rounds) {
  /** @type {Row['ratios']} */
  const ratios = {};
  for (const reference of referenceIds) {
    const each = rounds.flatMap((round) => {
      const [own, other] = [round[id], round[reference]];
      return own === undefined || other === undefined ? [] : [own / other];
    });
    if (each.length > 0) ratios[reference] = median(each);
  }
  return ratios;
}
