import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureMany } from './many.js';
import { describeMachine, findMemoryMeter, findTools, makeTemporaryFolder } from './measure.js';
import { measureOne } from './one.js';

// `npm run bench`: one image. `npm run bench -- many`: many, which takes a quarter of an hour. Options: --runs N; --most N
// images; --program FOLDER for another copy of this project.

// With these an empty Node program takes up to 2.4 times as long, or less than it does for a person, and every ratio flatters.
for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE']) delete process.env[name];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, program: { type: 'string' }, most: { type: 'string' } },
});
const [what = 'one'] = positionals;
if (what !== 'one' && what !== 'many') throw new Error(`one or many, not ${what}`);
const runs = Number(values.runs ?? (what === 'one' ? 15 : 3));
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs: a whole number from 1, not ${values.runs}`);
const program = resolve(values.program ?? dirname(dirname(fileURLToPath(import.meta.url))));

const folder = makeTemporaryFolder();
const server = spawn(process.execPath, [fileURLToPath(new URL('server.js', import.meta.url)), 'serve'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const url = String((await once(server.stdout, 'data'))[0]).trim();
// Nothing of the person's own settings, proxies, colours or CI, and a folder for caches that is new.
const { PATH } = process.env;
const environment = {
  ...{ PATH, NO_COLOR: '1', XDG_CACHE_HOME: folder },
  ...{ GEMINI_API_KEY: 'bench-key-0123456789', GOOGLE_GEMINI_BASE_URL: url },
};
const { missing, versions } = await findTools(environment);
const meter = await findMemoryMeter(environment);
const most = Number(values.most ?? 100_000);
const bench = { program, folder, url, environment, hasPipelines: missing.length === 0, meter, runs, most };
console.log(what === 'one' ? await measureOne(bench) : await measureMany(bench));

const { version } = JSON.parse(readFileSync(join(program, 'package.json'), 'utf8'));
console.log(`
${[`describe-image ${version}`, describeMachine(), ...versions].join(', ')}.
Whole processes against a server on the same machine: medians of ${runs} runs in turn, ratios taken within each turn.
Times alone mean nothing where a machine is shared; ratios do.
${meter === undefined ? 'No peak memory: neither GNU time nor python3 is installed.' : `Peak memory is that of the largest process (${meter.name}).`}${
  missing.length === 0 ? '' : `\nNo pipelines: not installed, or not the GNU one: ${missing.join(', ')}.`
}`);
server.stdin.end();
