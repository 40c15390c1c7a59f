import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { bar, drawTable, listBars, measurePeak, median, progress, read, time } from './measure.js';
import { answerText } from './server.js';

/** @import { Environment, MemoryMeter } from './measure.js' */

/** @typedef {{ label: string, path: string, bytes: number, isCompared: boolean }} ImageFile */

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {readonly string[]} argv
 * @property {Environment} environment
 * @property {ImageFile=} image
 * @property {(stdout: string) => boolean} isRight
 */

/** @typedef {{ name: string, image: string, wallMs: number, ratios: Record<string, number>, peakMiB: number | undefined }} Row */

/**
 * @typedef {object} Bench
 * @property {string} program the folder of the program that is measured
 * @property {string} folder for images, gone afterwards
 * @property {string} url where the server is
 * @property {Environment} environment what the commands see
 * @property {boolean} hasPipelines
 * @property {MemoryMeter | undefined} meter
 * @property {number} runs
 */

const prompt = 'what is this?';
const sizes = [
  { label: '200 KB', bytes: 200_000, isCompared: true },
  { label: '5 MB', bytes: 5_000_000, isCompared: true },
  { label: '18 MB', bytes: 18_000_000, isCompared: true },
  { label: '90 MB', bytes: 90_000_000, isCompared: false },
];
const [empty, smallest, own] = ['empty Node program', 'smallest client', 'describe-image'];
const [fetchName, jqName, fastName] = [
  'plain fetch',
  'base64 → jq → curl → jq',
  'printf, base64 → curl → jq',
];

/**
 * Measures whole processes for one image of each size, in turn, so that what else the machine does meets them all alike.
 *
 * @param {Bench} bench
 */
export async function measureOne(bench) {
  /** @type {Row[]} */
  const rows = [];
  const images = sizes.map((size) => writeImage({ ...size, path: join(bench.folder, `${size.bytes}.jpg`) }));
  const series = images.map((image, index) => ({
    image,
    commands: [...(index === 0 ? starts(bench, image) : []), ...asks(bench, image)],
  }));
  progress('checking that every command sends the whole image and prints the answer');
  for (const command of series.flatMap(({ commands }) => commands)) await check(command, bench.url);
  for (const { image, commands } of series) {
    progress(`${image.label}: ${commands.length} commands, ${bench.runs} runs each`);
    rows.push(...(await measure(commands, bench)));
  }
  return `${drawRows(rows)}\n\n${listBars(barsOf(rows))}`;
}

/**
 * Writes a JPEG as a camera does: a frame, one scan of noise, the mark of its end; the same each time.
 *
 * @param {ImageFile} image
 */
function writeImage(image) {
  // SOI, APP0, SOF0 of 4000 × 3000, SOS: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
  const segments = [
    'ffd8',
    'ffe000104a46494600010100000100010000',
    'ffc0000b080bb80fa001011100',
    'ffda0008010100003f00',
  ];
  const file = openSync(image.path, 'w');
  let left = image.bytes - writeSync(file, Buffer.from(segments.join(''), 'hex')) - 2;
  const noise = Buffer.alloc(1 << 20);
  for (let state = 1; left > 0; ) {
    for (let index = 0; index < noise.length; index++) {
      // Marsaglia's xorshift32: https://www.jstatsoft.org/article/view/v008i14; 0xFF would begin a marker.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      noise[index] = Math.min(state & 0xff, 0xfe);
    }
    left -= writeSync(file, noise, 0, Math.min(left, noise.length));
  }
  writeSync(file, Buffer.from('ffd9', 'hex'));
  closeSync(file);
  return image;
}

/**
 * What starts and sends nothing, and the least that can be sent.
 *
 * @param {Bench} bench
 * @param {ImageFile} image
 * @returns {Command[]}
 */
function starts({ program, folder, environment }, image) {
  const script = join(folder, 'empty.cjs');
  writeFileSync(script, '');
  const entry = join(program, 'bin/describe-image.cjs');
  const client = fileURLToPath(new URL('smallest-client.cjs', import.meta.url));
  const text = (/** @type {string} */ name, /** @type {string[]} */ argv, /** @type {RegExp} */ output) => ({
    name,
    argv: [process.execPath, ...argv],
    environment,
    isRight: (/** @type {string} */ stdout) => output.test(stdout),
  });
  const unkept = { ...environment, NODE_DISABLE_COMPILE_CACHE: '1' };
  return [
    text(empty, [script], /^$/),
    text('describe-image --version', [entry, '--version'], /^\d/),
    text('describe-image --help', [entry, '--help'], /--temperature/),
    asking(smallest, [process.execPath, client], image, environment),
    asking('describe-image, nothing kept', [process.execPath, entry], image, unkept),
  ];
}

// What a sensible person writes first: the image as one string, and fetch.
const plainFetch = `
import { readFile } from 'node:fs/promises';
const [path, prompt] = process.argv.slice(2);
const { GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: baseUrl } = process.env;
const data = (await readFile(path)).toString('base64');
const response = await fetch(baseUrl + '/v1beta/models/gemini-2.5-flash:generateContent?key=' + key, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    contents: [{ parts: [{ text: prompt }, { inline_data: { mime_type: 'image/jpeg', data } }] }],
  }),
});
if (!response.ok) throw new Error('HTTP ' + response.status);
const reply = JSON.parse(await response.text());
console.log(reply.candidates[0].content.parts.map(({ text }) => text).join(''));
`;

const send = `curl -sS -H 'Content-Type: application/json' --data-binary @- \\
  "$GOOGLE_GEMINI_BASE_URL/v1beta/models/gemini-2.5-flash:generateContent?key=$GEMINI_API_KEY" |
  jq -er '[.candidates[0].content.parts[].text] | join("")'`;

// As shell examples show it, but through pipes: an argument cannot be as long as a large image.
const jqPipeline = `base64 -w0 "$1" | jq -Rs --arg prompt "$2" \\
  '{contents: [{parts: [{text: $prompt}, {inline_data: {mime_type: "image/jpeg", data: .}}]}]}' | ${send}`;

/** The fastest there is: JSON around the image is written by hand, so a quotation mark in the prompt would break it. */
export const fastPipeline = `{
  printf '{"contents":[{"parts":[{"text":"%s"},{"inline_data":{"mime_type":"image/jpeg","data":"' "$2"
  base64 -w0 "$1"
  printf '"}}]}]}'
} | ${send}`;

/**
 * @param {Bench} bench
 * @param {ImageFile} image
 * @returns {Command[]}
 */
function asks({ program, folder, environment, hasPipelines }, image) {
  const script = join(folder, 'plain-fetch.mjs');
  writeFileSync(script, plainFetch);
  // Larger than a request may be unless somebody says so.
  const large = image.bytes > 70_000_000 ? ['--max-request-bytes', '200000000'] : [];
  const ask = (/** @type {string} */ name, /** @type {string[]} */ argv) =>
    asking(name, argv, image, environment);
  return [
    ask(own, [process.execPath, join(program, 'bin/describe-image.cjs'), ...large]),
    ...(image.isCompared ? [ask(fetchName, [process.execPath, script])] : []),
    ...(image.isCompared && hasPipelines
      ? [ask(jqName, ['sh', '-c', jqPipeline, 'sh']), ask(fastName, ['sh', '-c', fastPipeline, 'sh'])]
      : []),
  ];
}

/**
 * @param {string} name
 * @param {readonly string[]} argv
 * @param {ImageFile} image
 * @param {Environment} environment
 * @returns {Command}
 */
function asking(name, argv, image, environment) {
  const isRight = (/** @type {string} */ stdout) => stdout === `${answerText}\n`;
  return { name, argv: [...argv, image.path, prompt], environment, image, isRight };
}

/** JSON around the image is no longer than this. */
const mostBytesAround = 1000;

/**
 * Throws unless a command prints what it has to, and sends the whole image.
 *
 * @param {Command} command
 * @param {string} url
 */
async function check({ name, argv, environment, image, isRight }, url) {
  const { stdout, stderr } = await read(argv, environment);
  if (!isRight(stdout) || stderr !== '')
    throw new Error(`${name}: wrong output\nstdout: ${stdout}\nstderr: ${stderr}`);
  if (image === undefined) return;
  const sent = await new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => void text(response).then(resolve, reject)).on('error', reject);
  });
  const around = Number(sent) - Math.ceil(image.bytes / 3) * 4;
  if (around < 0 || around > mostBytesAround)
    throw new Error(`${name}: the body is ${around} bytes longer than the image in base64`);
}

/**
 * @param {readonly Command[]} commands
 * @param {Bench} bench
 */
async function measure(commands, { meter, runs }) {
  /** @type {number[][]} */
  const times = commands.map(() => []);
  for (let run = -1; run < runs; run++) {
    for (const [index, { argv, environment }] of commands.entries()) {
      const ms = await time(argv, environment);
      // The first one warms up.
      if (run >= 0) times[index]?.push(ms);
    }
  }
  const timesOf = (/** @type {string} */ name) =>
    times[commands.findIndex((command) => command.name === name)];
  /** @type {Row[]} */
  const rows = [];
  for (const [index, { name, argv, environment, image }] of commands.entries()) {
    const wall = times[index] ?? [];
    /** @type {Record<string, number>} */
    const ratios = {};
    for (const reference of [empty, smallest, fetchName, jqName, fastName]) {
      const other = timesOf(reference);
      // Within each turn, so that a slow minute of the machine slows both.
      if (other) ratios[reference] = median(wall.map((ms, run) => ms / (other[run] ?? Number.NaN)));
    }
    const peaks = [];
    for (let run = 0; meter && run < 3; run++) peaks.push(await measurePeak(argv, meter, environment));
    const peakMiB = peaks.length === 0 ? undefined : median(peaks);
    rows.push({ name, image: image?.label ?? '–', wallMs: median(wall), ratios, peakMiB });
  }
  return rows;
}

/** @param {readonly Row[]} rows */
function drawRows(rows) {
  const references = {
    [empty]: 'empty Node',
    [smallest]: 'smallest',
    [fetchName]: 'fetch',
    [jqName]: 'jq',
    [fastName]: 'fastest',
  };
  const head = [
    'command',
    'image',
    'wall, ms',
    ...Object.values(references).map((name) => `× ${name}`),
    'peak, MiB',
  ];
  const lines = rows.map(({ name, image, wallMs, ratios, peakMiB }) => [
    ...[name, image, wallMs.toFixed(0)],
    ...Object.keys(references).map((reference) => ratios[reference]?.toFixed(2) ?? '–'),
    peakMiB?.toFixed(1) ?? '–',
  ]);
  return drawTable([head, ...lines]);
}

/** @param {readonly Row[]} rows */
function barsOf(rows) {
  const find = (/** @type {string} */ name, image = '200 KB') =>
    rows.find((row) => row.name === name && [image, '–'].includes(row.image));
  const ratio = (/** @type {Row | undefined} */ row, /** @type {string} */ reference) =>
    row?.ratios[reference];
  const base = find(empty)?.peakMiB;
  const peaks = sizes.map(({ label }) => {
    const peak = find(own, label)?.peakMiB;
    const more = peak === undefined || base === undefined ? undefined : peak - base;
    return bar(`${label}: peak memory over an empty Node program`, more, 'MiB', 10);
  });
  return [
    bar('200 KB: wall time', ratio(find(own), smallest), '× the smallest client', 1.2),
    bar('--help: wall time', ratio(find('describe-image --help'), empty), '× an empty Node program', 1.2),
    bar(
      '--version: wall time',
      ratio(find('describe-image --version'), empty),
      '× an empty Node program',
      1.2,
    ),
    bar('18 MB: wall time', ratio(find(own, '18 MB'), fetchName), '× plain fetch', 0.65),
    bar('18 MB: wall time', ratio(find(own, '18 MB'), jqName), '× the jq pipeline', 0.5),
    ...peaks,
  ];
}
