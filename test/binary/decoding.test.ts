import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { honest } from '../../src/emulator/index.ts';
import { startBinary } from '../helpers/binary.ts';
import { blackTiff, decoderOf, ended, endlessSvg } from '../helpers/decoder.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';

const emulator = useEmulator();
const isLinux = process.platform === 'linux';
const env = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });

describe.runIf(isLinux)('the process that decodes', () => {
  it.each(['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends with the program that ends of %s',
    async (signal) => {
      const running = startBinary([temporaryFile('endless.svg', endlessSvg())], { env: env() });
      const decoder = await decoderOf(running.pid ?? 0);
      running.kill(signal);
      expect(await running).toMatchObject({ signal, stdout: '', stderr: '' });
      await ended(decoder);
    },
  );

  it.each([
    ['has given up an image', () => [temporaryFile('endless.svg', endlessSvg()), '--timeout', '1'], 3],
    ['was answered', () => [fixture('images/still.gif')], 0],
  ] as const)('has ended when the program ends that %s', async (_, argv, exitCode) => {
    if (exitCode === 0) emulator.enqueue(honest);
    const running = startBinary(argv(), { env: env() });
    const decoder = await decoderOf(running.pid ?? 0);
    expect(await running).toMatchObject({ exitCode });
    expect(existsSync(`/proc/${decoder}`)).toBe(false);
  });

  it('does not hear of Ctrl-C at a terminal, which asks a batch to finish what is begun', async () => {
    const images = [temporaryFile('endless.svg', endlessSvg()), fixture('images/plain.svg')];
    const argv = [...images, 'what is this?', '-c', '1', '--timeout', '2'];
    const running = startBinary(argv, { env: env(), detached: true });
    await decoderOf(running.pid ?? 0);
    // To the whole group, as a terminal does.
    process.kill(-(running.pid ?? 0), 'SIGINT');
    const { signal, stderr } = await running;
    expect(signal).toBe('SIGINT');
    expect(stderr).toContain('not decoded within 2 s');
  });

  it('may take a gibibyte; an image that takes more fails alone', async () => {
    const bomb = blackTiff(16_300, 16_300, 4);
    expect(bomb.length).toBeLessThan(250_000);
    emulator.enqueue(honest, honest);
    const images = [
      fixture('images/still.gif'),
      temporaryFile('bomb.tif', bomb),
      fixture('images/plain.svg'),
    ];
    const { exitCode, stdout, stderr } = await startBinary([...images, 'what is this?', '-c', '1'], {
      env: env(),
    });
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/bomb\.tif: .*1 GiB of memory/);
    expect(stdout.match(/I am the describe-image emulator/g)).toHaveLength(2);
  });
});

it('answers for the others where one image cannot be encoded', async () => {
  emulator.enqueue(honest, honest);
  const images = [
    fixture('images/still.gif'),
    temporaryFile('five.tif', blackTiff(20, 10, 5)),
    fixture('sunset.jpg'),
  ];
  const { exitCode, stdout, stderr } = await startBinary([...images, 'what is this?'], { env: env() });
  expect(exitCode).toBe(7);
  expect(stderr).toContain('five.tif: 5 channels');
  expect(stdout.match(/I am the describe-image emulator/g)).toHaveLength(2);
  const alone = await startBinary([images[1] ?? '', 'what is this?'], { env: env() });
  expect(alone).toMatchObject({ exitCode: 3, stdout: '' });
});

it('keeps to itself what the decoder writes to standard error', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1" viewBox="0 0 10 5"/>';
  const { exitCode, stderr } = await startBinary([temporaryFile('wide.svg', svg)], { env: env() });
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/^describe-image: .*wide\.svg: cannot be decoded[^\n]*\n {2}[^\n]+\n$/);
});

it('does not keep a program alive that uses the library and needs it no more', async () => {
  const code = `
    import { describeImage } from 'describe-image';
    const { GEMINI_API_KEY: apiKey, GOOGLE_GEMINI_BASE_URL: baseUrl } = process.env;
    console.log((await describeImage(${JSON.stringify(fixture('images/still.gif'))}, { apiKey, baseUrl })).images[0].mimeType);`;
  emulator.enqueue(honest);
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const argv = ['--input-type=module', '--eval', code];
  const ran = await execa(process.execPath, argv, { cwd, env: env(), extendEnv: false });
  expect(ran).toMatchObject({ stdout: 'image/png', stderr: '' });
});
