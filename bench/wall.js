import { runSilently } from './run.js';

/** @import { Command, CommandId } from './commands.js' */

/** @typedef {Partial<Record<CommandId, number>>} Round wall time of each command, in milliseconds */

/**
 * Runs the commands in turn, A B C, A B C, …, so that what else the machine does meets them all alike.
 * @param {readonly Command[]} commands
 * @param {number} runs
 * @param {NodeJS.ProcessEnv} environment
 */
export async function timeRounds(commands, runs, environment) {
  await timeRound(commands, environment);
  const rounds = [];
  for (let run = 0; run < runs; run++) rounds.push(await timeRound(commands, environment));
  return rounds;
}

/**
 * @param {readonly Command[]} commands
 * @param {NodeJS.ProcessEnv} environment
 */
async function timeRound(commands, environment) {
  /** @type {Round} */
  const round = {};
  for (const { id, argv } of commands) round[id] = await runSilently(argv, environment);
  return round;
}
