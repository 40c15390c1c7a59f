import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * Runs a command to its end and times the whole process. Throws unless it exits with 0.
 * @param {readonly string[]} argv
 * @param {NodeJS.ProcessEnv} environment
 */
export async function runSilently(argv, environment) {
  const started = process.hrtime.bigint();
  const child = start(argv, environment, 'ignore');
  await ended(child, argv);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

/**
 * Runs a command to its end and returns what it wrote. Throws unless it exits with 0.
 * @param {readonly string[]} argv
 * @param {NodeJS.ProcessEnv} environment
 */
export async function runAndRead(argv, environment) {
  const child = start(argv, environment, 'pipe');
  const output = Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const failure = await ended(child, argv).catch((error) => error);
  const [stdout, stderr] = await output;
  if (failure instanceof Error) throw new Error(`${failure.message}\n${stderr}`, { cause: failure });
  return { stdout, stderr };
}

/**
 * @param {readonly string[]} argv
 * @param {NodeJS.ProcessEnv} environment
 * @param {'ignore' | 'pipe'} output
 */
function start([command = '', ...rest], environment, output) {
  return spawn(command, rest, { env: environment, stdio: ['ignore', output, output] });
}

/**
 * Resolves when a child ends with 0, and rejects otherwise.
 * @param {import('node:child_process').ChildProcess} child
 * @param {readonly string[]} argv
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

/** @param {import('node:stream').Readable | null} stream */
async function readAll(stream) {
  return stream === null ? '' : text(stream);
}
