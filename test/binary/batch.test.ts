import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { answerWith, honest, startEmulator } from '../../src/emulator/index.ts';
import { binary, startBinary, startBinaryInShell } from '../helpers/binary.ts';
import { createDice } from '../helpers/dice.ts';
import { folderOf, temporaryFile, temporaryFolder } from '../helpers/files.ts';

const isWindows = process.platform === 'win32';

it.skipIf(isWindows)(
  'loses nothing that was recorded, and asks nothing twice, however it is killed',
  async () => {
    const random = createDice(50);
    const folder = folderOf(40);
    const journal = join(temporaryFolder(), 'captions.jsonl');
    await using emulator = await startEmulator({ isStrict: true, otherwise: honest });
    const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
    const start = () => startBinary([folder, 'caption', '-o', journal, '-c', '3'], { env: environment });
    let recorded = new Set<string>();
    let seen = 0;

    for (let round = 0; round < 5; round += 1) {
      const running = start();
      const until = emulator.requests.length + 1 + random.below(4);
      while (emulator.requests.length < until) await new Promise(setImmediate);
      for (let ticks = random.below(20); ticks > 0; ticks -= 1) await new Promise(setImmediate);
      running.kill('SIGKILL');
      expect((await running).signal).toBe('SIGKILL');

      const asked = emulator.requests.slice(seen).flatMap(({ images }) => images.map(({ sha256 }) => sha256));
      expect(asked.filter((image) => recorded.has(image))).toEqual([]);
      seen = emulator.requests.length;
      recorded = new Set(completeLines(journal).map(({ image }) => digestOf(image)));
    }
    expect((await start()).exitCode).toBe(0);

    const names = completeLines(journal).map(({ image }) => image);
    expect(names.sort()).toEqual(Array.from({ length: 40 }, (_, index) => nameOf(folder, index)).sort());
  },
);

it.skipIf(isWindows)(
  'finishes what is begun on the first Ctrl-C, and stops at once on the second',
  async () => {
    const folder = folderOf(20);
    const journal = join(temporaryFolder(), 'captions.jsonl');
    await using emulator = await startEmulator({ otherwise: honest });
    const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
    emulator.enqueue({ hang: true });
    const running = startBinary([folder, 'caption', '-o', journal, '-c', '1'], { env: environment });
    while (emulator.requests.length < 1) await new Promise(setImmediate);
    running.kill('SIGINT');
    let said = '';
    for await (const line of running.iterable({ from: 'stderr' })) {
      said += `${line}\n`;
      if (line.includes('Ctrl-C again')) running.kill('SIGINT');
    }
    const { signal } = await running;
    expect({ signal, said }).toMatchObject({
      signal: 'SIGINT',
      said: expect.stringContaining('finishing requests in progress'),
    });
    expect(emulator.requests).toHaveLength(1);
  },
);

it.skipIf(isWindows)('leaves no lock and no draft behind where it is ended or crashes', async () => {
  const folder = folderOf(4);
  const crash = temporaryFile('crash.cjs', "process.on('SIGUSR2', () => { throw new Error('a bug'); });");
  await using emulator = await startEmulator({ otherwise: { hang: true } });
  const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  for (const [signal, end] of [
    ['SIGTERM', { signal: 'SIGTERM' }],
    ['SIGINT', { signal: 'SIGINT' }],
    ['SIGUSR2', { exitCode: 70 }],
  ] as const) {
    const journal = join(temporaryFolder(), 'captions.jsonl');
    const env = { ...environment, NODE_OPTIONS: `--require=${crash}` };
    const running = startBinary([folder, 'caption', '-o', journal, '--sidecar', '-c', '3'], { env });
    const before = emulator.requests.length;
    while (emulator.requests.length < before + 3) await new Promise(setImmediate);
    expect([existsSync(`${journal}.lock`), readdirSync(folder).length]).toEqual([true, 7]);
    running.kill(signal);
    for await (const line of running.iterable({ from: 'stderr' }))
      if (line.includes('Ctrl-C again')) running.kill(signal);
    expect(await running).toMatchObject(end);
    expect(readdirSync(dirname(journal))).toEqual(['captions.jsonl']);
    expect(readdirSync(folder)).toHaveLength(4);
  }
});

it.skipIf(isWindows)(
  'leaves nothing but hidden drafts of files beside images when it is killed',
  async () => {
    const folder = folderOf(4);
    await using emulator = await startEmulator({ otherwise: honest });
    const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
    emulator.enqueue({ hang: true }, { hang: true });
    const argv = [folder, 'caption', '--sidecar', '-c', '2'];
    const running = startBinary(argv, { env: environment });
    while (emulator.requests.length < 2) await new Promise(setImmediate);
    running.kill('SIGKILL');
    await running;
    const left = readdirSync(folder).filter((name) => !name.endsWith('.png'));
    expect(left).toEqual([
      expect.stringMatching(/^\.describe-image-/),
      expect.stringMatching(/^\.describe-image-/),
    ]);
    const { exitCode } = await startBinary(argv, { env: environment });
    expect(exitCode).toBe(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.txt'))).toHaveLength(4);
  },
);

it.skipIf(isWindows)('leaves nothing behind where Ctrl-C is pressed again and again', async () => {
  const folder = folderOf(1);
  await using emulator = await startEmulator({ otherwise: { hang: true } });
  const env = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  // A list in a pipe that nobody writes to, and an answer that does not come.
  for (const [argv, files] of [
    [['--files-from', '-'], 0] as const,
    [[nameOf(folder, 0), nameOf(folder, 0)], 1] as const,
  ]) {
    const journal = join(temporaryFolder(), 'captions.jsonl');
    const options = ['-p', 'caption', '-o', journal, '--sidecar', '-c', '1'];
    const running = startBinary([...argv, ...options], { env, stdin: 'pipe' });
    while (!existsSync(`${journal}.lock`)) await new Promise(setImmediate);
    while (emulator.requests.length < files) await new Promise(setImmediate);
    expect(readdirSync(folder)).toHaveLength(1 + files);
    // The system merges signals that come close together.
    while (running.exitCode === null && running.signalCode === null) {
      running.kill('SIGINT');
      await new Promise(setImmediate);
    }
    expect((await running).signal).toBe('SIGINT');
    expect([existsSync(`${journal}.lock`), readdirSync(folder).length]).toEqual([false, 1]);
  }
});

it.skipIf(isWindows)('asks nothing where there is no room, and tells what its journal holds', async () => {
  const folder = folderOf(60);
  const journal = join(temporaryFolder(), 'captions.jsonl');
  await using emulator = await startEmulator({ otherwise: answerWith('x'.repeat(8000)) });
  const env = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  const argv = [binary, folder, 'caption', '-o', journal, '-c', '16'];
  // In blocks of 512 or 1024 bytes.
  const limited = ['-c', 'ulimit -f 300; exec "$0" "$@"', process.execPath, ...argv];
  const run = () => execa('/bin/sh', limited, { env, extendEnv: false, reject: false });
  const { exitCode, stdout, stderr } = await run();
  expect(exitCode).toBe(74);
  const recorded = completeLines(journal).length;
  const printed = stdout.match(/^==> .* <==$/gm)?.length ?? 0;
  expect(recorded + printed).toBe(emulator.requests.length);
  expect(printed).toBeGreaterThanOrEqual(1);
  const left = 60 - recorded - printed;
  expect(stderr).toContain(`60 images: ${recorded} answered, ${printed} not recorded, ${left} not tried`);

  const before = readFileSync(journal, 'utf8');
  const again = await run();
  expect(again.exitCode).toBe(74);
  expect(again.stderr).toContain(`60 images: ${recorded} kept, ${60 - recorded} not tried`);
  expect(recorded + printed).toBe(emulator.requests.length);
  expect(readFileSync(journal, 'utf8')).toBe(before);
});

it.skipIf(isWindows)('refuses a second run on the same journal', async () => {
  const folder = folderOf(2);
  const journal = join(temporaryFolder(), 'captions.jsonl');
  await using emulator = await startEmulator({ otherwise: honest });
  const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  emulator.enqueue({ hang: true }, { hang: true });
  const first = startBinary([folder, 'caption', '-o', journal], { env: environment });
  while (emulator.requests.length < 1) await new Promise(setImmediate);
  const { exitCode, stderr } = await startBinary([folder, 'caption', '-o', journal], { env: environment });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`another run (process ${first.pid}) is writing ${journal}`);
  first.kill('SIGKILL');
  await first;
  expect((await startBinary([folder, 'caption', '-o', journal], { env: environment })).exitCode).toBe(0);
});

it.runIf(existsSync('/bin/bash'))('says nothing more to a reader that has seen enough', async () => {
  const folder = folderOf(30);
  await using emulator = await startEmulator({ otherwise: honest });
  const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  const { exitCode, stderr } = await startBinaryInShell([folder, 'caption', '-c', '1'], '| head -n 1', {
    env: { ...environment, PATH: '/usr/bin:/bin' },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

it('ends as usual when its reader has seen enough: what was not tried, nobody wanted', async () => {
  const folder = folderOf(30);
  await using emulator = await startEmulator({ otherwise: honest });
  const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  const running = startBinary([folder, 'caption', '-c', '1'], {
    env: environment,
    buffer: { stdout: false },
  });
  running.stdout.once('data', () => running.stdout.destroy());
  const { exitCode, stderr } = await running;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(emulator.requests.length).toBeLessThan(30);
});

it.skipIf(isWindows)('reads a list from standard input once, whatever else is called -', async () => {
  const folder = folderOf(3);
  writeFileSync(join(folder, '-'), '');
  await using emulator = await startEmulator({ otherwise: honest });
  const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  const input = [0, 1, 2].map((index) => `${nameOf(folder, index)}\n`).join('');
  const argv = ['--files-from', '-', 'caption'];
  const { exitCode, stdout } = await startBinary(argv, { env: environment, cwd: folder, input });
  expect(exitCode).toBe(0);
  expect(stdout.match(/^==> /gm)).toHaveLength(3);
});

function nameOf(folder: string, index: number): string {
  return join(folder, `${index}.png`);
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** What is recorded: every line that is whole. */
function completeLines(journal: string): { readonly image: string }[] {
  const text = readFileSync(journal, { encoding: 'utf8', flag: 'a+' });
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
