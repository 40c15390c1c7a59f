import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** @typedef {{ name: string, argv: readonly string[], unitsPerMiB: number }} MemoryMeter */

/** @typedef {{ text: string, measured: string, isMet: boolean | undefined }} Bar what is to be reached, and what was */

/** @typedef {NodeJS.ProcessEnv} Environment */

/** Makes a folder that is removed with this process, also on Ctrl-C. */
export function makeTemporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'describe-image-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => process.exit(128 + constants.signals[name]));
  }
  return folder;
}

/**
 * Runs a command to its end and times the whole process, in milliseconds. Throws unless it exits with 0.
 *
 * @param {readonly string[]} argv
 * @param {Environment} environment
 */
export async function time(argv, environment) {
  const started = process.hrtime.bigint();
  await ended(start(argv, environment, 'ignore'), argv);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

/**
 * Runs a command to its end and returns what it wrote. Throws unless it exits with 0.
 *
 * @param {readonly string[]} argv
 * @param {Environment} environment
 */
export async function read(argv, environment) {
  const child = start(argv, environment, 'pipe');
  const output = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  const failure = await ended(child, argv).catch((/** @type {Error} */ error) => error);
  const [stdout = '', stderr = ''] = await output;
  if (failure !== undefined) throw new Error(`${failure.message}\n${stderr}`, { cause: failure });
  return { stdout, stderr };
}

/**
 * @param {readonly string[]} argv
 * @param {Environment} environment
 * @param {'ignore' | 'pipe'} output
 */
function start([command = '', ...rest], environment, output) {
  return spawn(command, rest, { env: environment, stdio: ['ignore', output, output] });
}

/**
 * Resolves when a child ends with 0, and rejects otherwise.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {readonly string[]} argv
 * @returns {Promise<undefined>}
 */
export function ended(child, argv) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else reject(new Error(`exit ${code ?? signal}: ${argv.join(' ')}`));
    });
  });
}

/**
 * The middle of some numbers, of which there is at least one.
 *
 * @param {readonly number[]} numbers
 */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

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
 *
 * @param {Environment} environment
 */
export async function findMemoryMeter(environment) {
  for (const meter of meters) {
    const peak = await measurePeak(['true'], meter, environment).catch(() => Number.NaN);
    if (peak > 0) return meter;
  }
  return undefined;
}

/**
 * The largest process of one run, in MiB.
 *
 * @param {readonly string[]} argv
 * @param {MemoryMeter} meter
 * @param {Environment} environment
 */
export async function measurePeak(argv, meter, environment) {
  const { stderr } = await read([...meter.argv, ...argv], environment);
  return Number(stderr.trim().split('\n').at(-1)) / meter.unitsPerMiB;
}

/**
 * Which of the tools that pipelines need are missing, and the versions of the others.
 *
 * @param {Environment} environment
 */
export async function findTools(environment) {
  // Each with something that it can do only if it is the one that is needed.
  const probes = { base64: ['-w0', '/dev/null'], jq: ['--version'], curl: ['--version'] };
  /** @type {string[]} */
  const missing = [];
  /** @type {string[]} */
  const versions = [];
  for (const [name, probe] of Object.entries(probes)) {
    const output = await read([name, ...probe], environment).catch(() => undefined);
    if (output === undefined) missing.push(name);
    else versions.push(...(/^(?:jq|curl)[- ][\d.]+/.exec(output.stdout) ?? []));
  }
  return { missing, versions };
}

/** Says what the figures were measured on. */
export function describeMachine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const { node, v8 } = process.versions;
  return `Node ${node} (V8 ${v8}), ${process.platform} ${process.arch}, ${model}, ${availableParallelism()} cores`;
}

/**
 * Draws lines of cells, the first of them headings, as a Markdown table that is readable as it is.
 *
 * @param {readonly (readonly string[])[]} lines
 */
export function drawTable(lines) {
  const [first = []] = lines;
  const widths = first.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const pad = (/** @type {string} */ cell, /** @type {number} */ index) =>
    index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0);
  const [head = '', ...body] = lines.map((line) => `| ${line.map(pad).join(' | ')} |`);
  const rule = widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n');
}

/**
 * @param {string} text
 * @param {number | undefined} value
 * @param {string} unit
 * @param {number} limit
 * @param {'most' | 'least'} side
 * @returns {Bar}
 */
export function bar(text, value, unit, limit, side = 'most') {
  const isMet = value === undefined ? undefined : side === 'most' ? value <= limit : value >= limit;
  const sign = side === 'most' ? '≤' : '≥';
  const measured = value === undefined ? 'not measured' : `${value.toFixed(2)} ${unit}`;
  return { text: `${text} ${sign} ${limit} ${unit}`, measured, isMet };
}

/** @param {readonly Bar[]} bars */
export function listBars(bars) {
  const verdict = (/** @type {Bar} */ { isMet }) => (isMet === undefined ? '' : isMet ? ', met' : ', missed');
  return bars.map((each) => `- ${each.text}: ${each.measured}${verdict(each)}`).join('\n');
}

/** @param {string} text */
export function progress(text) {
  process.stderr.write(`${text}\n`);
}
