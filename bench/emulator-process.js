import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Starts the project's own emulator in a process of its own, on any free port of this machine.
 * @param {string} program
 * @param {number} delayMs what it waits before every answer
 */
export async function startEmulator(program, delayMs) {
  const argv = [join(program, 'bin', 'describe-image-emulator.js'), '--delay', String(delayMs)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => void child.kill();
  process.once('exit', stop);
  const url = once(createInterface({ input: child.stdout }), 'line');
  // It says how to use it, and then a line for every request.
  const said = createInterface({ input: child.stderr });
  const [[address]] = await Promise.all([url, once(said, 'line')]);
  return {
    url: String(address),
    /** @returns {Promise<unknown>} once the next request has arrived */
    nextRequest: () =>
      new Promise((resolve) => {
        const listen = (/** @type {string} */ line) => {
          if (!line.includes('generateContent')) return;
          said.off('line', listen);
          resolve(undefined);
        };
        said.on('line', listen);
      }),
    stop,
  };
}
