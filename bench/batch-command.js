import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ program: string, environment: NodeJS.ProcessEnv }} Place what is run, and what it sees */

/** How many requests at once. */
export const concurrency = 16;

/**
 * A command that asks about every image of a folder, and keeps the answers in a journal unless they go to standard output.
 * @param {Place} place
 * @param {string} folder
 * @param {string=} journal
 */
export function batchCommand({ program }, folder, journal) {
  const entry = join(program, 'bin', 'describe-image.cjs');
  const output = journal === undefined ? [] : ['-o', journal];
  return [process.execPath, entry, folder, '-p', 'what is this?', '-c', String(concurrency), ...output];
}

/**
 * The same, with a journal that starts empty.
 * @param {Place} place
 * @param {string} folder
 * @param {string} journal
 */
export function freshCommand(place, folder, journal) {
  rmSync(journal, { force: true });
  return batchCommand(place, folder, journal);
}

/**
 * What a shell does with a folder: a pipeline for each image, two at a time.
 * @param {string} folder
 */
export function pipelinesCommand(folder) {
  const pipeline = fileURLToPath(new URL('fast-pipeline.sh', import.meta.url));
  const each = 'find "$1" -type f -print0 | xargs -0 -P 2 -I {} sh "$2" {} "what is this?"';
  return ['sh', '-c', each, 'sh', folder, pipeline];
}

/**
 * Reads every byte of a folder and takes its hash.
 * @param {string} folder
 */
export function hashCommand(folder) {
  return ['sh', '-c', 'find "$1" -type f -print0 | xargs -0 sha256sum > /dev/null', 'sh', folder];
}
