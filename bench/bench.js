import { parseArguments } from './arguments.js';
import { listBars } from './bars.js';
import { checkCommand } from './check.js';
import { commandEnvironment, listSeries } from './commands.js';
import { writeImages } from './images.js';
import { describeMachine } from './machine.js';
import { findMemoryMeter, measurePeaks } from './memory.js';
import { missingTools } from './pipelines.js';
import { formatReport } from './report.js';
import { startServer } from './server-process.js';
import { summarize } from './summary.js';
import { makeTemporaryFolder } from './temporary-folder.js';
import { timeRounds } from './wall.js';

const { runs, program } = parseArguments(process.argv.slice(2), 15);
const server = await startServer();
const environment = commandEnvironment(server.url);
const missing = await missingTools(environment);
const series = listSeries(program, writeImages(makeTemporaryFolder()), missing.length === 0);
const meter = await findMemoryMeter(environment);

progress('checking that every command gives the right answer');
for (const command of series.flatMap(({ commands }) => commands)) {
  await checkCommand(command, environment, server.url);
}

const rows = [];
for (const { label, commands } of series) {
  progress(`${label}: ${commands.length} × ${runs} runs, and one to warm up`);
  const rounds = await timeRounds(commands, runs, environment);
  rows.push(...summarize(commands, rounds, await measurePeaks(commands, meter, environment)));
}
console.log(formatReport({ machine: describeMachine(), runs, meter, missing, rows, bars: listBars(rows) }));
server.stop();

/** @param {string} text */
function progress(text) {
  process.stderr.write(`${text}\n`);
}
