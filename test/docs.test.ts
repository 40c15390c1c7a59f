import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { environmentRows, exitCodeRows } from '../src/cli/help.ts';
import { faults, runEmulator } from '../src/emulator/index.ts';
import { spellingsOf } from '../src/options/parse.ts';
import { optionTable, rowsOf } from '../src/options/table.ts';
import { version } from '../src/version.ts';
import { runProgram } from './helpers/program.ts';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');

it('shows the help and the exit codes of the program in the README; npm run docs writes them', async () => {
  const { stdout } = await runProgram(['--help']);
  const codes = ['| exit code | meaning |', '| --------: | ------- |'];
  for (const [code, meaning] of exitCodeRows()) codes.push(`| ${code} | ${meaning} |`);
  const current = fill(fill(readme, 'help', `\`\`\`text\n${stdout}\`\`\``), 'exit codes', codes.join('\n'));
  await expect(current).toMatchFileSnapshot('../README.md');
});

it('shows the help and the faults of the emulator in docs/emulator.md; npm run docs writes them', async () => {
  let stdout = '';
  const io = { stdout: { write: (text: string) => (stdout = text) }, stderr: { write: () => undefined } };
  await runEmulator(['--help'], { ...io, signal: AbortSignal.abort() });
  const rows = Object.entries(faults).map(([name, { about }]) => `| \`${name}\` | ${about} |`);
  const table = ['| fault | what it simulates |', '| --- | --- |', ...rows].join('\n');
  const page = fill(read('docs/emulator.md'), 'emulator help', `\`\`\`text\n${stdout}\`\`\``);
  await expect(fill(page, 'faults', table)).toMatchFileSnapshot('../docs/emulator.md');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('names only options that exist in the recipes', () => {
  const known = new Set(
    spellingsOf()
      .map(({ flag }) => flag)
      .concat('--help', '--version', '--api-key'),
  );
  const emulator = new Set(['--port', '--fault', '--list-faults']);
  for (const line of readme.split('\n').filter((line) => /^(?!#).*\bdescribe-image\b/.test(line))) {
    // Of a pipeline, the part that is ours.
    const ours = line.slice(line.lastIndexOf('describe-image'));
    for (const [flag] of ours.matchAll(/(?<= )--[a-z][a-zA-Z-]+/g)) {
      const isKnown = ours.startsWith('describe-image-emulator')
        ? emulator.has(flag)
        : known.has(flag) || flag === '--global';
      expect(isKnown, `${flag} in ${line}`).toBe(true);
    }
  }
});

it('says every option on one line of the help', async () => {
  const { stdout } = await runProgram(['--help']);
  for (const [name, row] of rowsOf(optionTable)) {
    expect(row.help.length, name).toBeLessThanOrEqual(48);
    expect(stdout).toContain(` ${row.help}\n`);
  }
  for (const [variable] of environmentRows()) expect(stdout).toContain(variable);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('is the same version everywhere', () => {
  expect(JSON.parse(read('package.json')).version).toBe(version);
  expect(read('CHANGELOG.md')).toContain(`## ${version}`);
});

/** Puts a text between two marks of a page. */
function fill(text: string, mark: string, content: string): string {
  const [before, rest] = text.split(`<!-- ${mark} -->\n`);
  const after = rest?.split(`<!-- /${mark} -->`)[1];
  return `${before}<!-- ${mark} -->\n${content}\n<!-- /${mark} -->${after}`;
}
