import { median } from './median.js';
import { runAndRead } from './run.js';

/** @import { Command, CommandId } from './commands.js' */

/** @typedef {{ name: string, argv: readonly string[], unitsPerMiB: number }} MemoryMeter */

/** @typedef {Partial<Record<CommandId, number>>} Peaks in MiB */

const memoryRuns = 3;

// A meter runs a command and writes, as its last line, the peak of the largest process below it. It has to be small
// itself: on Linux a process counts what it shared with its parent before exec, so Node as the parent is a floor.
const python = `
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)`;

/** @type {readonly MemoryMeter[]} */
const meters = [
  { name: 'GNU time', argv: ['time', '-f', '%M'], unitsPerMiB: 1024 },
  { name: 'GNU time', argv: ['gtime', '-f', '%M'], unitsPerMiB: 1024 },
  {
    name: 'getrusage',
    argv: ['python3', '-c', python],
    unitsPerMiB: process.platform === 'darwin' ? 1024 * 1024 : 1024,
  },
];

/**
 * Finds something that tells the peak memory of a command; undefined where there is nothing.
 * @param {NodeJS.ProcessEnv} environment
 */
export async function findMemoryMeter(environment) {
  for (const meter of meters) {
    const peakMiB = await measurePeak(['true'], meter, environment).catch(() => Number.NaN);
    if (peakMiB > 0) return meter;
  }
  return undefined;
}

/**
 * Measures each command's largest process, in runs that are not timed.
 * @param {readonly Command[]} commands
 * @param {MemoryMeter | undefined} meter
 * @param {NodeJS.ProcessEnv} environment
 */
export async function measurePeaks(commands, meter, environment) {
  /** @type {Peaks} */
  const peaks = {};
  if (meter === undefined) return peaks;
  for (const { id, argv } of commands) {
    const peaksMiB = [];
    for (let run = 0; run < memoryRuns; run++) peaksMiB.push(await measurePeak(argv, meter, environment));
    peaks[id] = median(peaksMiB);
  }
  return peaks;
}

/**
 * Measures the largest process of one run, in MiB.
 * @param {readonly string[]} argv
 * @param {MemoryMeter} meter
 * @param {NodeJS.ProcessEnv} environment
 */
export async function measurePeak(argv, meter, environment) {
  const { stderr } = await runAndRead([...meter.argv, ...argv], environment);
  return Number(stderr.trim().split('\n').at(-1)) / meter.unitsPerMiB;
}
