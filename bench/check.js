import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { runAndRead } from './run.js';

/** @import { Command } from './commands.js' */

/** JSON around the image is no longer than this. */
const mostBytesAround = 1000;

/**
 * Runs a command once and throws unless it sends the whole image, prints the right text and exits with 0.
 * @param {Command} command
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} serverUrl
 */
export async function checkCommand({ name, argv, image, isRight }, environment, serverUrl) {
  const { stdout, stderr } = await runAndRead(argv, environment);
  if (!isRight(stdout) || stderr !== '') {
    throw new Error(`${name}: wrong output\nstdout: ${stdout}\nstderr: ${stderr}`);
  }
  if (image === undefined) return;
  const bytesAround = (await lastBodyBytes(serverUrl)) - Math.ceil(image.bytes / 3) * 4;
  if (bytesAround < 0 || bytesAround > mostBytesAround) {
    throw new Error(
      `${name}: the body for ${image.label} is ${bytesAround} bytes longer than the image in base64`,
    );
  }
}

/**
 * @param {string} serverUrl
 * @returns {Promise<number>}
 */
function lastBodyBytes(serverUrl) {
  return new Promise((resolve, reject) => {
    get(serverUrl, { agent: false }, (response) => {
      text(response).then((bytes) => resolve(Number(bytes)), reject);
    }).on('error', reject);
  });
}
