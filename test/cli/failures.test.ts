import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type CannedReply, type FaultName, faults, honest, rateLimit } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile } from '../helpers/files.ts';
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
  it.each<[FaultName, number, number, string]>([
    ['bad-image', 5, 1, 'refused the request (HTTP 400 INVALID_ARGUMENT)'],
    ['failed-precondition', 5, 1, '(HTTP 400 FAILED_PRECONDITION)'],
    ['bad-key', 4, 1, '(HTTP 400 INVALID_ARGUMENT)'],
    ['unauthenticated', 4, 1, 'refused the key (HTTP 401'],
    ['no-credit', 5, 1, 'prepaid credit is used up (HTTP 402'],
    ['no-permission', 4, 1, 'refused the key (HTTP 403'],
    ['unknown-model', 5, 1, 'no such model or path (HTTP 404'],
    ['too-large', 5, 1, 'too large for the server (HTTP 413)'],
    ['daily-quota', 5, 1, 'midnight Pacific'],
    ['rate-limit-bare', 5, 4, 'rate limit or quota is used up (HTTP 429'],
    ['internal', 5, 4, 'the server failed (HTTP 500'],
    ['bad-gateway', 5, 4, 'the server failed (HTTP 502'],
    ['unavailable', 5, 4, 'the server failed (HTTP 503'],
    ['deadline', 5, 4, 'the server failed (HTTP 504'],
    ['html', 5, 4, 'something that is not JSON (HTTP 200)'],
    ['plain-text', 5, 4, '(HTTP '],
    ['empty-body', 5, 4, 'answered with nothing (HTTP 200)'],
    ['invalid-json', 5, 4, 'something that is not JSON (HTTP 200)'],
    ['cut', 5, 4, 'closed the connection early'],
    ['cut-body', 5, 4, 'closed the connection early'],
    ['blocked-prompt', 6, 1, 'blocked the question or the image (SAFETY)'],
    ['blocked-answer', 6, 1, 'held the answer back (SAFETY)'],
    ['recitation', 6, 1, 'held the answer back (RECITATION)'],
    ['no-parts', 6, 4, 'an empty answer (STOP)'],
    ['thoughts-only', 6, 4, 'thoughts but no answer'],
    ['max-tokens-empty', 6, 1, 'used the whole token budget (MAX_TOKENS)'],
  ])('%s exits %i after %i attempts', async (fault, exitCode, attempts, sentence) => {
    emulator.enqueue(...Array<CannedReply>(attempts).fill(faults[fault].reply));
    const outcome = await ask();
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
    expect(outcome.stderr).toContain(sentence);
    expect(outcome.stderr.split('\n').at(-3)).toMatch(/^describe-image: .*sunset\.jpg: /);
    expect(outcome.stderr).not.toContain('test-key');
    expect(outcome.waitsMs).toHaveLength(attempts - 1);
  });

  it('waits as long as the server asks, says so, and then has the answer', async () => {
    emulator.enqueue(rateLimit(1.5), faults.unavailable.reply, honest);
    const { exitCode, stderr, waitsMs } = await ask();
    expect({ exitCode, waitsMs }).toEqual({ exitCode: 0, waitsMs: [1500, 1000] });
    expect(stderr).toMatch(/attempt 1 of 4 failed: .*HTTP 429.*; trying again in 1\.5 s\n/);
    expect(stderr).toMatch(/attempt 2 of 4 failed: .*HTTP 503.*; trying again in 1\.0 s\n/);
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
    expect(stderr).toContain(`nobody answers at the server (127.0.0.1:${port}, ECONNREFUSED)`);
  });

  it('says that a host does not exist', async () => {
    const { exitCode, stderr } = await ask(['--base-url', 'https://no-such-host.invalid', '--retries', '0']);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/no such host|could not be looked up/);
  });

  it('gives up on a server that never answers', async () => {
    emulator.enqueue(faults.hang.reply);
    const { exitCode, stderr } = await ask(['--timeout', '0.05', '--retries', '0']);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('no answer within 0.05 s');
  });

  it('says when the server speaks something else than HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { exitCode, stderr } = await ask(['--base-url', `http://127.0.0.1:${port}`]);
    server.close();
    expect(exitCode).toBe(5);
    expect(stderr).toContain('does not speak HTTP');
  });

  it('hears a server that refuses before the upload is over', async () => {
    emulator.enqueue(faults['too-large'].reply, { ...faults.unauthenticated.reply, isEarly: true });
    const large = temporaryFile(
      'large.png',
      Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(30_000_000)]),
    );
    const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
    expect(await runProgram([large], { environment })).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('413'),
    });
    expect(await runProgram([large], { environment })).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('401'),
    });
  });

  it('takes the key out of what a server echoes', async () => {
    const message = 'Bad request: /v1beta/models/m:generateContent?key=test-key from test-key';
    emulator.enqueue({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT', message } } });
    const { stderr } = await ask(['--debug']);
    expect(stderr).toContain('?key=[key] from [key]');
    expect(stderr).not.toContain('test-key');
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
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
