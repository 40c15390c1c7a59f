import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bar, drawTable, ended, listBars, measurePeak, median, progress, time } from './measure.js';
import { fastPipeline } from './one.js';

/** @import { Bar, Environment, MemoryMeter } from './measure.js' */

/**
 * @typedef {object} Bench
 * @property {string} program the folder of the program that is measured
 * @property {string} folder for images, gone afterwards
 * @property {Environment} environment what the commands see, but for the server
 * @property {boolean} hasPipelines
 * @property {MemoryMeter | undefined} meter
 * @property {number} runs
 * @property {number} most how many images at most
 */

/** How many requests at once. */
const concurrency = 16;
const counts = [100, 1000, 10_000, 100_000];
const imageBytes = 20_000;
const photo = readFileSync(new URL('../fixtures/images/jfif.jpg', import.meta.url));

/**
 * Measures a batch against the project's own emulator in another process.
 *
 * @param {Bench} bench
 */
export async function measureMany(bench) {
  const { folder, environment, runs } = bench;
  const slow = await startEmulator(bench.program, 100);
  const quick = await startEmulator(bench.program, 0);
  const within = (/** @type {{ url: string }} */ { url }) => ({
    ...environment,
    GOOGLE_GEMINI_BASE_URL: url,
  });
  const inFolder = (/** @type {string} */ name) => join(folder, name);
  const journal = inFolder('journal.jsonl');

  const possible = counts.filter((count) => count <= bench.most && hasRoomFor(folder, count * imageBytes));
  const most = possible.at(-1) ?? 0;
  progress(`writing ${most.toLocaleString('en')} images`);
  const all = writeImages(inFolder('all'), most, imageBytes);
  const first = new Map(
    possible.map((count) => [count, count === most ? all : linkImages(inFolder(`${count}`), all, count)]),
  );
  const thousand = first.get(1000) ?? all;

  progress('a server that takes its time, and one that does not');
  const waited = [];
  for (let run = 0; run < runs; run++) waited.push(await timeFresh(bench, thousand, journal, within(slow)));
  const bars = [
    bar(
      '1,000 images, 100 ms until an answer',
      median(waited) / ((1000 * 100) / concurrency),
      '× the waiting',
      1.1,
    ),
  ];
  const hundred = first.get(100) ?? all;
  if (bench.hasPipelines) bars.push(await compareRate(bench, hundred, journal, within(quick)));

  progress('how cost grows');
  /** @type {{ count: number, seconds: number, peakMiB: number | undefined }[]} */
  const growth = [];
  for (const [count, images] of first) {
    progress(`${count.toLocaleString('en')} images`);
    const [times, peaks] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
    for (let run = 0; run < (count > 1000 ? 1 : runs); run++) {
      times.push(await timeFresh(bench, images, journal, within(quick)));
      rmSync(journal, { force: true });
      if (bench.meter)
        peaks.push(await measurePeak(batch(bench, images, journal), bench.meter, within(quick)));
    }
    growth.push({
      count,
      seconds: median(times) / 1000,
      peakMiB: peaks.length === 0 ? undefined : median(peaks),
    });
  }
  bars.push(...barsOfGrowth(growth));

  const answered = first.get(10_000);
  if (answered !== undefined) {
    progress('going on where a run stopped');
    await timeFresh(bench, answered, journal, within(quick));
    for (const isLast of [true, false]) {
      const resumed = { folder: answered, journal, isLast, environment: within(quick) };
      bars.push(await compareResume(bench, resumed, quick.nextRequest));
    }
  }
  slow.stop();
  quick.stop();
  return `${drawGrowth(growth)}\n\n${listBars(bars)}`;
}

/**
 * Starts the project's own emulator in a process of its own, on any free port of this machine.
 *
 * @param {string} program
 * @param {number} delayMs what it waits before every answer
 */
async function startEmulator(program, delayMs) {
  const argv = [join(program, 'bin/describe-image-emulator.js'), '--delay', String(delayMs)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => void child.kill();
  process.once('exit', stop);
  const url = once(createInterface({ input: child.stdout }), 'line');
  // It says how to use it, and then a line for every request.
  const said = createInterface({ input: child.stderr });
  const [[address]] = await Promise.all([url, once(said, 'line')]);
  /** Resolves once the next request has arrived. @returns {Promise<void>} */
  const nextRequest = () =>
    new Promise((resolve) => {
      const listen = (/** @type {string} */ line) => {
        if (!line.includes('generateContent')) return;
        said.off('line', listen);
        resolve();
      };
      said.on('line', listen);
    });
  return { url: String(address), nextRequest, stop };
}

/**
 * Whether twice as much is free as is needed.
 *
 * @param {string} folder
 * @param {number} bytes
 */
function hasRoomFor(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 2 * bytes;
}

/**
 * Fills a new folder with images of so many bytes: one small photo, zeros, and a number.
 *
 * @param {string} folder
 * @param {number} count
 * @param {number} bytes
 */
function writeImages(folder, count, bytes) {
  mkdirSync(folder);
  const image = Buffer.alloc(bytes);
  photo.copy(image);
  for (let number = 0; number < count; number++) {
    image.writeUInt32BE(number, bytes - 4);
    writeNew(join(folder, nameOf(number)), image);
  }
  return folder;
}

/**
 * @param {string} path
 * @param {Buffer} bytes
 */
function writeNew(path, bytes) {
  const file = openSync(path, 'wx');
  writeSync(file, bytes);
  closeSync(file);
}

/**
 * Makes a folder of the first images of another.
 *
 * @param {string} folder
 * @param {string} source
 * @param {number} count
 */
function linkImages(folder, source, count) {
  mkdirSync(folder);
  for (let number = 0; number < count; number++)
    linkSync(join(source, nameOf(number)), join(folder, nameOf(number)));
  return folder;
}

/** @param {number} number */
function nameOf(number) {
  return `photo-${number}.jpg`;
}

/**
 * @param {Bench} bench
 * @param {string} folder
 * @param {string} journal
 */
function batch({ program }, folder, journal) {
  const entry = join(program, 'bin/describe-image.cjs');
  return [process.execPath, entry, folder, '-p', 'what is this?', '-c', String(concurrency), '-o', journal];
}

/**
 * How long a run takes that begins with an empty journal, in milliseconds.
 *
 * @param {Bench} bench
 * @param {string} folder
 * @param {string} journal
 * @param {Environment} environment
 */
function timeFresh(bench, folder, journal, environment) {
  rmSync(journal, { force: true });
  return time(batch(bench, folder, journal), environment);
}

/**
 * How many images a second one batch sees through, and a shell with a pipeline for each image, two at a time; in turn.
 *
 * @param {Bench} bench
 * @param {string} folder
 * @param {string} journal
 * @param {Environment} environment
 */
async function compareRate(bench, folder, journal, environment) {
  const each = 'find "$1" -type f -print0 | xargs -0 -P 2 -I {} sh -c "$2" sh {} "what is this?"';
  const ratios = [];
  for (let run = 0; run < bench.runs; run++) {
    const own = await timeFresh(bench, folder, journal, environment);
    ratios.push((await time(['sh', '-c', each, 'sh', folder, fastPipeline], environment)) / own);
  }
  return bar(
    '100 images answered at once',
    median(ratios),
    '× the rate of two pipelines at a time',
    4,
    'least',
  );
}

/**
 * How long a run that goes on takes to its first request, with one new image among those that are answered, against reading
 * and hashing the files by sha256sum; in turn.
 *
 * @param {Bench} bench
 * @param {{ folder: string, journal: string, isLast: boolean, environment: Environment }} resumed
 * @param {() => Promise<void>} nextRequest
 */
async function compareResume(bench, { folder, journal, isLast, environment }, nextRequest) {
  const image = join(folder, isLast ? 'z.jpg' : '0.jpg');
  const copy = `${journal}.copy`;
  writeNew(image, Buffer.concat([photo, Buffer.from('new')]));
  const hash = ['sh', '-c', 'find "$1" -type f -print0 | xargs -0 sha256sum > /dev/null', 'sh', folder];
  const ratios = [];
  for (let run = 0; run < bench.runs; run++) {
    copyFileSync(journal, copy);
    const own = await timeToRequest(batch(bench, folder, copy), environment, nextRequest);
    ratios.push(own / (await time(hash, environment)));
  }
  rmSync(image);
  const what = `to the first request, 10,000 answered, the ${isLast ? 'last' : 'first'} one not`;
  return bar(what, median(ratios), '× sha256sum', 3);
}

/**
 * @param {readonly string[]} argv
 * @param {Environment} environment
 * @param {() => Promise<void>} nextRequest
 */
async function timeToRequest([command = '', ...rest], environment, nextRequest) {
  const asked = nextRequest();
  const started = process.hrtime.bigint();
  const over = ended(spawn(command, rest, { env: environment, stdio: 'ignore' }), rest);
  // A run that ends without having asked is none.
  const isAsked = await Promise.race([asked.then(() => true), over.then(() => false)]);
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  await over;
  if (!isAsked) throw new Error(`nothing was asked: ${rest.join(' ')}`);
  return ms;
}

/**
 * @param {readonly { count: number, seconds: number, peakMiB: number | undefined }[]} growth
 */
function drawGrowth(growth) {
  const base = growth[0]?.peakMiB;
  const lines = growth.map(({ count, seconds, peakMiB }) => {
    const more = peakMiB === undefined || base === undefined ? undefined : peakMiB - base;
    const thousands = count / 1000;
    return [
      ...[count.toLocaleString('en'), seconds.toFixed(1), (seconds / thousands).toFixed(2)],
      ...[
        peakMiB?.toFixed(1) ?? '–',
        more?.toFixed(1) ?? '–',
        more === undefined ? '–' : (more / thousands).toFixed(2),
      ],
    ];
  });
  const head = ['images', 'seconds', 'a thousand, s', 'peak, MiB', 'over 100, MiB', 'a thousand, MiB'];
  return drawTable([head, ...lines]);
}

/**
 * @param {readonly { count: number, peakMiB: number | undefined }[]} growth
 * @returns {Bar[]}
 */
function barsOfGrowth(growth) {
  const peakOf = (/** @type {number} */ wanted) => growth.find(({ count }) => count === wanted)?.peakMiB;
  const base = peakOf(100);
  const limits = /** @type {const} */ ([
    [10_000, 12],
    [100_000, 15],
  ]);
  return limits.map(([count, limit]) => {
    const peak = peakOf(count);
    const more = peak === undefined || base === undefined ? undefined : peak - base;
    return bar(`${count.toLocaleString('en')} images: peak memory over that of 100`, more, 'MiB', limit);
  });
}
