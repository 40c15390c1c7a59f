import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { answerWith, faults, honest } from '../../src/emulator/index.ts';
import { startBinary, startBinaryInShell, startEmulatorBinary } from '../helpers/binary.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const reportOpens = fileURLToPath(new URL('../helpers/report-opens.cjs', import.meta.url));
const isWindows = process.platform === 'win32';
const env = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });

it('answers on standard output and says nothing else', async () => {
  emulator.enqueue(honest);
  const { exitCode, stdout, stderr } = await startBinary([sunset, 'what is this?'], { env: env() });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('image/jpeg, 960 × 640, 38,049 bytes');
  expect(stdout).toMatch(/[^\n]\n$/);
});

it('fails with an exit code, a sentence and nothing on standard output', async () => {
  emulator.enqueue(faults['bad-key'].reply);
  const { exitCode, stdout, stderr } = await startBinary([sunset], { env: env() });
  expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
  expect(stderr).toMatch(/^describe-image: .*sunset\.jpg: .*\n {2}Check the key/);
});

it('reads the prompt from a pipe', async () => {
  emulator.enqueue(honest);
  const { stdout } = await startBinary([sunset, '-p', '-'], { env: env(), input: 'größer?\n' });
  expect(stdout).toContain('größer?');
});

it('does not wait for a pipe that nobody writes to', async () => {
  emulator.enqueue(honest);
  const running = startBinary([sunset, 'what is this?'], { env: env(), stdin: 'pipe' });
  expect((await running).exitCode).toBe(0);
});

it('prints help and version without a key, an image or a server', async () => {
  const help = await startBinary(['--help'], { env: {} });
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toContain('Usage: describe-image [options] <image>... [prompt]');
  const short = await startBinary(['-h'], { env: {} });
  expect(short).toMatchObject({ exitCode: 0, stderr: '' });
  expect(short.stdout.split('\n').length - 1).toBeLessThanOrEqual(24);
  expect(short.stdout).toContain('--help');
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await startBinary(['--version'], { env: {} })).toMatchObject({
    exitCode: 0,
    stdout: `${version}\n`,
  });
});

it.skipIf(isWindows).each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('ends at once and quietly on %s, with %i', async (signal, exitCode) => {
  emulator.enqueue(faults.hang.reply);
  const running = startBinary([sunset], { env: env() });
  while (emulator.requests.length === 0) await new Promise(setImmediate);
  running.kill(signal);
  // Ending by the signal itself makes a shell's loop end too; the shell calls it 128 + the signal's number.
  expect(await running).toMatchObject({ signal, stdout: '', stderr: '' });
  expect(128 + constants.signals[signal]).toBe(exitCode);
});

it('ends quietly when its reader has seen enough', async () => {
  emulator.enqueue(answerWith('x'.repeat(2_000_000)));
  const running = startBinary([sunset], { env: env(), buffer: { stdout: false } });
  running.stdout.once('data', () => running.stdout.destroy());
  const { exitCode, stderr } = await running;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

it('hands over a long answer whole', async () => {
  const text = 'All of it, please. '.repeat(100_000).trim();
  emulator.enqueue(answerWith(text));
  expect((await startBinary([sunset], { env: env() })).stdout).toBe(`${text}\n`);
});

it.runIf(process.platform === 'linux')(
  'says that the answer could not be written to a full disk',
  async () => {
    emulator.enqueue(honest);
    const { exitCode, stderr } = await startBinaryInShell([sunset], '> /dev/full', { env: env() });
    expect(exitCode).toBe(74);
    expect(stderr).toContain('the answer could not be written (ENOSPC)');
  },
);

it.skipIf(isWindows)('runs through a link, as package managers make them, from any folder', async () => {
  const folder = temporaryFolder();
  symlinkSync(
    new URL('../../bin/describe-image.cjs', import.meta.url).pathname,
    join(folder, 'describe-image'),
  );
  emulator.enqueue(honest);
  const { exitCode } = await startBinary([sunset], { env: env(), cwd: folder });
  expect(exitCode).toBe(0);
});

it('keeps colours out of a pipe, and puts them where they are forced', async () => {
  const plain = await startBinary(['/nowhere.png'], { env: env() });
  expect(plain.stderr).not.toContain('\u001b');
  const forced = await startBinary(['/nowhere.png'], { env: { ...env(), FORCE_COLOR: '1' } });
  expect(forced.stderr).toContain('\u001b[31mdescribe-image:\u001b[39m');
  const refused = await startBinary(['/nowhere.png', '--no-color'], { env: { ...env(), FORCE_COLOR: '1' } });
  expect(refused.stderr).not.toContain('\u001b');
});

it.skipIf(isWindows)('works with the emulator as a process of its own', async () => {
  const serving = startEmulatorBinary(['--fault', 'unavailable'], { env: {} });
  const [line] = await new Promise<Buffer[]>((resolve) =>
    serving.stdout.once('data', (...data) => resolve(data)),
  );
  const url = String(line).trim();
  const asked = await startBinary([sunset, '--max-wait', '0'], {
    env: { ...env(), GOOGLE_GEMINI_BASE_URL: url },
  });
  expect(asked.exitCode).toBe(0);
  expect(asked.stderr).toContain('attempt 1 of 4 failed');
  serving.kill('SIGTERM');
  expect((await serving).exitCode).toBe(143);
});

it.each<[string, (folder: string) => readonly string[], attempts?: number]>([
  ['alone', (folder) => [`${folder}/photo.jpg`]],
  ['tried again', (folder) => [`${folder}/photo.jpg`], 2],
  ['without its metadata', (folder) => [`${folder}/photo.jpg`, '--strip-metadata']],
  ['whose answer is kept', (folder) => [`${folder}/photo.jpg`, '-o', `${folder}/answers.jsonl`]],
  ['whose answer goes beside it', (folder) => [`${folder}/photo.jpg`, '--sidecar', '.txt']],
  ['known by its bytes alone', (folder) => [`${folder}/more`]],
  ['asked about with others', (folder) => [`${folder}/photo.jpg`, sunset, '--together']],
  ['in a folder', (folder) => [folder]],
  ['in a folder, tried again', (folder) => [folder], 2],
  ['in a folder, both', (folder) => [folder, '-o', `${folder}/answers.jsonl`, '--sidecar', '.txt']],
])('opens an image once to look at it and once for each attempt: %s', async (_, argv, attempts = 1) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'more'));
  cpSync(fixture('images/metadata.jpg'), join(folder, 'photo.jpg'));
  cpSync(sunset, join(folder, 'more/photo'));
  if (attempts > 1) emulator.enqueue(faults.unavailable.reply);
  emulator.enqueue(honest);
  const { exitCode, opens } = await countOpens(argv(folder));
  const photo = Object.entries(opens).filter(([path]) => /[/\\]photo(?:\.jpg)?$/.test(path));
  expect({ exitCode, opens: photo.map(([, count]) => count) }).toEqual({
    exitCode: 0,
    opens: [1 + attempts],
  });
});

it.skipIf(isWindows)('lists each folder once', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'more'));
  cpSync(fixture('images/rgb.png'), join(folder, 'a.png'));
  cpSync(sunset, join(folder, 'more/b.jpg'));
  emulator.enqueue(honest, honest);
  // A journal in the folder would open it too.
  const journal = join(temporaryFolder(), 'answers.jsonl');
  const { exitCode, opens } = await countOpens([folder, '-r', '-o', journal]);
  expect({ exitCode, [folder]: opens[folder], more: opens[join(folder, 'more')] }).toEqual({
    exitCode: 0,
    [folder]: 1,
    more: 1,
  });
});

/** Runs the program, and tells how often it opened each file and folder. */
async function countOpens(argv: readonly string[]) {
  const { exitCode, stderr } = await startBinary(argv, {
    env: { ...env(), NODE_OPTIONS: `--require=${reportOpens}` },
  });
  const opens: Record<string, number> = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
  return { exitCode, opens };
}
