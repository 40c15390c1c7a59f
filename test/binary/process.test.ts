import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerWith, faults, honest } from '../../src/emulator/index.ts';
import { binary, startBinary, startBinaryInShell } from '../helpers/binary.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { startRawServer } from '../helpers/raw-server.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const isUnix = process.platform !== 'win32';
const isLinux = process.platform === 'linux';
const env = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });
const long = 'All of it, please. '.repeat(100_000).trim();

it('waits for a slow reader, to the last letter', async () => {
  emulator.enqueue(answerWith(long));
  const running = startBinary([sunset], { env: env(), buffer: { stdout: false } });
  let text = '';
  for await (const chunk of running.stdout as AsyncIterable<Buffer>) {
    text += chunk;
    // A turn of the loop between two reads leaves the pipe full most of the time.
    await new Promise(setImmediate);
  }
  expect((await running).exitCode).toBe(0);
  expect(text).toBe(`${long}\n`);
});

it.runIf(isUnix).each(['SIGINT', 'SIGTERM'] as const)(
  'ends on %s while its reader has stopped reading',
  async (signal) => {
    emulator.enqueue(answerWith(long));
    const running = startBinary([sunset], { env: env(), buffer: { stdout: false } });
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.stdout.pause();
    running.kill(signal);
    running.stdout.resume();
    expect(await running).toMatchObject({ signal });
  },
);

it.runIf(isUnix).each([
  ['a prompt', (path: string) => ['-p', `@${path}`]],
  ['a key', (path: string) => ['--api-key-file', path]],
])('ends on SIGINT while it waits for %s from a pipe that nobody opens', async (_, options) => {
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const running = startBinary([sunset, ...options(pipe)], {
    env: { ...env(), NODE_OPTIONS: sayWhenListening() },
  });
  await new Promise((resolve) => running.stderr.once('data', resolve));
  running.kill('SIGINT');
  expect(await running).toMatchObject({ signal: 'SIGINT', stdout: '', stderr: 'listening' });
});

describe.runIf(isUnix)('while Node waits for work that cannot be given up, after all is said', () => {
  /** Starts work as long as that of a silent name server, and says when the program has decided to end. */
  const hold = (more = '') => {
    const code = `
      require('node:crypto').pbkdf2('a', 'b', 2 ** 31 - 1, 64, 'sha512', () => undefined);
      process.once('exit', () => require('node:fs').writeSync(2, 'the end'));
      ${more}`;
    return { NODE_OPTIONS: `--require ${JSON.stringify(temporaryFile('hold.cjs', code))}` };
  };
  const ends = [
    ['an answer', [sunset], ''],
    ['an image that is not there', ['none.jpg'], ''],
    ['a wrong option', ['--wrong'], ''],
    ['a bug', [sunset], 'setTimeout(() => { throw new Error("boom"); }, 0);'],
  ] as const;
  it.each(
    ends.flatMap(([what, argv, more]) =>
      (['SIGINT', 'SIGTERM'] as const).map((signal) => ({ what, argv, more, signal })),
    ),
  )('$signal ends it at once: $what', async ({ what, argv, more, signal }) => {
    if (what === 'an answer') emulator.enqueue(honest);
    const silent = await startRawServer(() => undefined);
    const server = what === 'a bug' ? { GOOGLE_GEMINI_BASE_URL: silent.url } : {};
    const running = startBinary([...argv], { env: { ...env(), ...server, ...hold(more) } });
    onTestFinished(() => void running.kill('SIGKILL'));
    let said = '';
    running.stderr.on('data', (text) => {
      said += text;
      if (said.endsWith('the end')) running.kill(signal);
    });
    expect(await running).toMatchObject({ signal });
  });
});

it.runIf(existsSync('/bin/bash'))(
  'ends a loop of a shell on Ctrl-C, as programs do that die of it',
  async () => {
    emulator.enqueue(faults.hang.reply);
    const loop = 'for i in 1 2 3; do "$0" "$@"; echo "still here after $?"; done';
    const argv = ['-c', loop, process.execPath, binary, sunset];
    const running = execa('/bin/bash', argv, { env: env(), extendEnv: false, reject: false, detached: true });
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    // A terminal sends it to the whole group: the shell, which waits and looks, and the program.
    process.kill(-(running.pid ?? 0), 'SIGINT');
    expect((await running).stdout).toBe('');
    expect(emulator.requests).toHaveLength(1);
  },
);

it.runIf(isLinux)('answers although standard error is full or closed', async () => {
  for (const redirection of ['2> /dev/full', '2>&-']) {
    emulator.enqueue(honest);
    const differing = { ...env(), GOOGLE_API_KEY: 'another-key' };
    const { exitCode, stdout } = await startBinaryInShell([sunset, '-v'], redirection, { env: differing });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('960 × 640');
  }
});

it.runIf(isLinux)('does not need standard input', async () => {
  emulator.enqueue(honest);
  expect((await startBinaryInShell([sunset], '<&-', { env: env() })).exitCode).toBe(0);
});

it.each([
  ['thrown by a callback', 'setImmediate(() => { throw new Error("boom"); });'],
  ['rejected and not caught', 'Promise.reject(new Error("boom"));'],
])('says in two lines that a bug is a bug: %s', async (_, code) => {
  const script = temporaryFile('bug.cjs', `setTimeout(() => { ${code} }, 0);`);
  const silent = await startRawServer(() => undefined);
  const bug = {
    ...env(),
    GOOGLE_GEMINI_BASE_URL: silent.url,
    NODE_OPTIONS: `--require ${JSON.stringify(script)}`,
  };
  const brief = await startBinary([sunset], { env: bug });
  expect(brief).toMatchObject({ exitCode: 70, stdout: '' });
  expect(brief.stderr).toMatch(/^describe-image: this is a bug: boom\n {2}Please report it[^\n]+\n$/);
});

it('shows the stack of a bug for --debug', async () => {
  const script = temporaryFile('bug.cjs', 'setTimeout(() => { throw new Error("boom"); }, 0);');
  const silent = await startRawServer(() => undefined);
  const bug = {
    ...env(),
    GOOGLE_GEMINI_BASE_URL: silent.url,
    NODE_OPTIONS: `--require ${JSON.stringify(script)}`,
  };
  const { exitCode, stderr } = await startBinary([sunset, '--debug'], { env: bug });
  expect(exitCode).toBe(70);
  expect(stderr).toMatch(/this is a bug: boom[\s\S]*bug\.cjs/);
});

it.runIf(isUnix)('takes a prompt and a key from pipes that a shell opens', async () => {
  emulator.enqueue(honest);
  const [prompt, key] = [temporaryFile('prompt', 'what is this?'), temporaryFile('key', 'piped-key')];
  const { exitCode, stdout } = await startBinaryInShell(
    [sunset, '-p', '@/dev/fd/8', '--api-key-file', '/dev/fd/9'],
    `8< ${JSON.stringify(prompt)} 9< ${JSON.stringify(key)}`,
    { env: env() },
  );
  expect(exitCode).toBe(0);
  expect(stdout).toContain('what is this?');
  expect(emulator.requests[0]?.path).toContain('key=piped-key');
});

/** Makes the program write a word on standard error once it listens for signals. */
function sayWhenListening(): string {
  const code = `
    const { on } = process;
    process.on = function (name, ...more) {
      on.call(this, name, ...more);
      if (name === 'SIGTERM') process.stderr.write('listening');
      return this;
    };`;
  return `--require ${JSON.stringify(temporaryFile('listening.cjs', code))}`;
}

describe('V8 is told to stay small', () => {
  /** Makes the program say on standard error which flags it sets. */
  const sayFlags = () => {
    const code = `
      const v8 = require('node:v8');
      const { setFlagsFromString } = v8;
      v8.setFlagsFromString = (flag) => {
        require('node:fs').writeSync(2, flag + '\\n');
        setFlagsFromString(flag);
      };
      require('node:module').syncBuiltinESMExports();`;
    return { NODE_OPTIONS: `--require ${JSON.stringify(temporaryFile('flags.cjs', code))}` };
  };
  const flagsOf = async (argv: readonly string[]) => {
    const { exitCode, stderr } = await startBinary(argv, { env: { ...env(), ...sayFlags() } });
    expect(exitCode).toBe(0);
    return stderr.split('\n').filter((line) => line.startsWith('--'));
  };

  it('while a large request is sent, and not for a small one', async () => {
    emulator.enqueue(honest, honest);
    const picture = readFileSync(fixture('images/rgb.png'));
    const large = temporaryFile('large.png', Buffer.concat([picture, Buffer.alloc(1_000_000)]));
    expect(await flagsOf([large])).toEqual(['--no-opt', '--semi-space-growth-factor=1']);
    expect(await flagsOf([fixture('images/rgb.png')])).toEqual([]);
  });

  it('through many images', async () => {
    emulator.enqueue(honest, honest);
    const flags = await flagsOf([fixture('images/rgb.png'), sunset, 'what is this?']);
    expect(flags).toEqual(['--semi-space-growth-factor=1', '--heap-growing-percent=20']);
  });
});
