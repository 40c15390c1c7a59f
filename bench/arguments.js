import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Reads `--runs N`, and `--program FOLDER`: another copy of this project to measure.
 * @param {string[]} argv
 * @param {number} usualRuns
 */
export function parseArguments(argv, usualRuns) {
  const options = /** @type {const} */ ({ runs: { type: 'string' }, program: { type: 'string' } });
  const { values } = parseArgs({ args: argv, options });
  const runs = Number(values.runs ?? usualRuns);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs: a whole number from 1, not ${values.runs}`);
  return { runs, program: resolve(values.program ?? thisProject()) };
}

function thisProject() {
  return dirname(dirname(fileURLToPath(import.meta.url)));
}
