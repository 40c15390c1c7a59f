import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.js';
import { batchCommand, freshCommand } from './batch-command.js';
import { linkImages, writeDistinctImages } from './batch-images.js';
import { measureBatchPeaks } from './batch-memory.js';
import { measureResume } from './batch-resume.js';
import { formatBatchRows } from './batch-row.js';
import { measureRate, measureWaiting } from './batch-wall.js';
import { commandEnvironment } from './commands.js';
import { startEmulator } from './emulator-process.js';
import { describeMachine } from './machine.js';
import { findMemoryMeter } from './memory.js';
import { missingTools } from './pipelines.js';
import { runSilently } from './run.js';
import { makeTemporaryFolder } from './temporary-folder.js';

const { runs, program } = parseArguments(process.argv.slice(2), 3);
const folder = makeTemporaryFolder();
const inFolder = (/** @type {string} */ name) => join(folder, name);
const [waiting, prompt] = [await startEmulator(program, 100), await startEmulator(program, 0)];
const place = { program, environment: commandEnvironment(prompt.url), nextRequest: prompt.nextRequest };
const rows = [];

progress('writing 10,000 images of 20 KB');
const all = writeDistinctImages(inFolder('10000'), 10_000, 20_000);
const firstOf = (/** @type {number} */ count) => linkImages(inFolder(String(count)), all, count);
const [hundred, some, thousand] = /** @type {const} */ ([firstOf(100), firstOf(400), firstOf(1000)]);
const [journal, scratch] = [inFolder('journal.jsonl'), inFolder('scratch.jsonl')];

progress('a server that takes its time');
rows.push(
  await measureWaiting(
    { program, environment: commandEnvironment(waiting.url) },
    { folder: thousand, journal: scratch, count: 1000, delayMs: 100, runs },
  ),
);
progress('against a pipeline for each image');
const missing = await missingTools(place.environment);
if (missing.length === 0) {
  rows.push(await measureRate(place, { folder: some, journal: scratch, count: 400, runs }));
}
progress('peak memory');
const meter = await findMemoryMeter(place.environment);
const peaks = await measureBatchPeaks(
  [
    { what: '100 images', command: () => freshCommand(place, hundred, scratch), runs },
    { what: '1,000 images', command: () => freshCommand(place, thousand, scratch), runs },
    { what: '10,000 images', command: () => freshCommand(place, all, journal), runs: 1 },
    { what: '10,000 images, to standard output', command: () => batchCommand(place, all), runs: 1 },
    { what: '10,000 images, all answered before', command: () => batchCommand(place, all, journal), runs },
  ],
  meter,
  place.environment,
);
// Otherwise it was filled just now.
if (meter === undefined) await runSilently(freshCommand(place, all, journal), place.environment);
progress('going on');
for (const isLast of [true, false]) {
  rows.push(await measureResume(place, { folder: all, journal, label: '10,000 of 20 KB', isLast, runs }));
}
if (hasRoomFor(10_000 * 200_000)) {
  progress('the same with 10,000 images of 200 KB');
  const large = writeDistinctImages(inFolder('large'), 10_000, 200_000);
  await runSilently(freshCommand(place, large, journal), place.environment);
  const label = '10,000 of 200 KB';
  rows.push(await measureResume(place, { folder: large, journal, label, isLast: true, runs }));
}
console.log(formatBatchRows([...rows, ...peaks]));
console.log(`\n${describeMachine()}. Medians of ${runs} runs, ratios taken within each round.`);
if (missing.length > 0)
  console.log(`No pipelines: not installed, or not the GNU one: ${missing.join(', ')}.`);
waiting.stop();
prompt.stop();

/** Twice as much is free as is needed. @param {number} bytes */
function hasRoomFor(bytes) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 2 * bytes;
}

/** @param {string} text */
function progress(text) {
  process.stderr.write(`${text}\n`);
}
