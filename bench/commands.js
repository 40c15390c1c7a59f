import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerText } from './answer.js';

/** @import { ImageFile } from './images.js' */

/** @typedef {'empty' | 'help' | 'smallest' | 'tool' | 'fetch' | 'jq' | 'fastest'} CommandId */

/**
 * @typedef {object} Command
 * @property {CommandId} id
 * @property {string} name
 * @property {readonly string[]} argv
 * @property {ImageFile | undefined} image
 * @property {(stdout: string) => boolean} isRight
 */

/** @typedef {{ label: string, commands: Command[] }} Series */

const prompt = 'what is this?';

/**
 * Lists what is run, one series for each size; within a series the commands take turns.
 * @param {string} program
 * @param {readonly ImageFile[]} images
 * @param {boolean} hasPipelines
 * @returns {Series[]}
 */
export function listSeries(program, images, hasPipelines) {
  return images.map((image, index) => ({
    label: image.label,
    commands: [
      ...(index === 0 ? [...withoutImage(program), smallestCommand(image)] : []),
      toolCommand(program, image),
      ...(image.isCompared ? [fetchCommand(image)] : []),
      ...(image.isCompared && hasPipelines ? pipelineCommands(image) : []),
    ],
  }));
}

/**
 * What every command sees: nothing of the person's own settings, proxies, colours or CI.
 * @param {string} serverUrl
 * @returns {NodeJS.ProcessEnv}
 */
export function commandEnvironment(serverUrl) {
  const { PATH } = process.env;
  return { PATH, GEMINI_API_KEY: 'bench', GOOGLE_GEMINI_BASE_URL: serverUrl, NO_COLOR: '1' };
}

/**
 * @param {string} program
 * @returns {Command[]}
 */
function withoutImage(program) {
  const image = undefined;
  return [
    {
      id: 'empty',
      name: 'empty Node program',
      argv: [process.execPath, beside('empty.js')],
      image,
      isRight: (stdout) => stdout === '',
    },
    {
      id: 'help',
      name: 'describe-image --help',
      argv: [process.execPath, entry(program), '--help'],
      image,
      isRight: (stdout) => stdout.includes('--temperature'),
    },
  ];
}

/**
 * @param {string} program
 * @param {ImageFile} image
 */
function toolCommand(program, image) {
  // Larger than a request may be unless somebody says so.
  const large = image.bytes > 70_000_000 ? ['--max-request-bytes', '200000000'] : [];
  return answering('tool', 'describe-image', [process.execPath, entry(program), ...large], image);
}

/** @param {ImageFile} image */
function smallestCommand(image) {
  return answering('smallest', 'smallest client', [process.execPath, beside('smallest-client.cjs')], image);
}

/** @param {ImageFile} image */
function fetchCommand(image) {
  return answering('fetch', 'plain fetch', [process.execPath, beside('plain-fetch.js')], image);
}

/** @param {ImageFile} image */
function pipelineCommands(image) {
  return [
    answering('jq', 'base64 → jq → curl → jq', ['sh', beside('jq-pipeline.sh')], image),
    answering('fastest', 'printf, base64 → curl → jq', ['sh', beside('fast-pipeline.sh')], image),
  ];
}

/**
 * @param {CommandId} id
 * @param {string} name
 * @param {readonly string[]} argv
 * @param {ImageFile} image
 * @returns {Command}
 */
function answering(id, name, argv, image) {
  const isRight = (/** @type {string} */ stdout) => stdout === `${answerText}\n`;
  return { id, name, argv: [...argv, image.path, prompt], image, isRight };
}

/** @param {string} program */
function entry(program) {
  return join(program, 'bin', 'describe-image.cjs');
}

/** @param {string} name */
function beside(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
