import { createServer } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { faults, honest, rateLimit } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { fixture } from '../helpers/fixtures.ts';
import { type ProgramOptions, runProgram } from '../helpers/program.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const ask = (argv: string[] = [], options: ProgramOptions = {}) =>
  runProgram([sunset, 'what is this?', ...argv], {
    environment: { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url },
    ...options,
  });

describe('an answer that does not come', () => {
  it('waits as long as the server asks, says so, and then has the answer', async () => {
    emulator.enqueue(rateLimit(1.5), faults.unavailable.reply, honest);
    const { exitCode, stderr, waitsMs } = await ask();
    expect({ exitCode, waitsMs }).toEqual({ exitCode: 0, waitsMs: [1500, 1000] });
    expect(stderr).toMatch(/attempt 1 of 4 failed: .*HTTP 429.*; retrying in 1\.5 s, at \d\d:\d\d:\d\d\n/);
    expect(stderr).toMatch(/attempt 2 of 4 failed: .*HTTP 503.*; retrying in 1\.0 s, at \d\d:\d\d:\d\d\n/);
  });

  it('does not wait longer than --max-wait, and does not try again with --retries 0', async () => {
    emulator.enqueue(rateLimit(30), faults.unavailable.reply);
    expect(await ask(['--max-wait', '29'])).toMatchObject({ exitCode: 5, waitsMs: [] });
    expect(await ask(['--retries', '0'])).toMatchObject({ exitCode: 5, waitsMs: [] });
  });

  it('tries again from the start of the image', async () => {
    emulator.enqueue(faults.cut.reply, honest);
    expect((await ask()).exitCode).toBe(0);
    expect(emulator.requests[1]?.images[0]?.bytes).toBe(38049);
  });

  it('says who does not answer when nobody listens', async () => {
    const port = await freePort();
    const { exitCode, stderr, waitsMs } = await ask([
      '--base-url',
      `http://127.0.0.1:${port}`,
      '--retries',
      '1',
    ]);
    expect({ exitCode, attempts: waitsMs.length + 1 }).toEqual({ exitCode: 5, attempts: 2 });
    expect(stderr).toContain(`connection refused (127.0.0.1:${port}, ECONNREFUSED)`);
  });

  it('says that a host does not exist', async () => {
    const { exitCode, stderr } = await ask(['--base-url', 'https://no-such-host.invalid', '--retries', '0']);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/no such host|could not be resolved/);
  });

  it('takes the key out of what a server echoes', async () => {
    // Long and mixed enough to be no word, so that it is taken out wherever it stands.
    const key = 'test-key-0123456789';
    const environment = { GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: emulator.url };
    const message = `Bad request: /v1beta/models/m:generateContent?key=${key} from ${key}`;
    emulator.enqueue({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT', message } } });
    const { stderr } = await ask(['--debug'], { environment });
    expect(stderr).toContain('?key=[key] from [key]');
    expect(stderr).not.toContain(key);
  });

  it('takes control characters out of what a server says', async () => {
    emulator.enqueue({
      status: 400,
      body: { error: { code: 400, message: '\u001b[2J\u001b]0;x\u0007gone\r\nnext' } },
    });
    expect((await ask()).stderr.split('\n')[0]).toMatch(/\(HTTP 400\): gone next$/);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends quietly when it is told to stop by %s, with %i', async (signal, exitCode) => {
    const stop = new AbortController();
    emulator.enqueue({ hang: true });
    const outcome = ask([], { signal: stop.signal });
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    stop.abort(signal);
    expect(await outcome).toMatchObject({ exitCode, stdout: '', stderr: '' });
  });

  it('gives what is begun a fifth of a second to end, and no more', async () => {
    let isWriting = false;
    // A reader that has stopped reading.
    const reader = new Writable({
      write: () => {
        isWriting = true;
      },
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const stop = new AbortController();
    let isOver = false;
    emulator.enqueue(honest);
    const outcome = ask([], { signal: stop.signal, reader }).finally(() => {
      isOver = true;
    });
    while (!isWriting) await new Promise(setImmediate);
    stop.abort('SIGINT');
    for (const [elapsedMs, isExpected] of [
      [199, false],
      [1, true],
    ] as const) {
      vi.advanceTimersByTime(elapsedMs);
      for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate);
      expect(isOver).toBe(isExpected);
    }
    expect(await outcome).toMatchObject({ exitCode: 130, stdout: '', stderr: '' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
