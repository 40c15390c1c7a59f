import { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import {
  answerWith,
  type Emulator,
  type EmulatorOptions,
  faults,
  honest,
  type RecordedRequest,
  startEmulator,
} from '../../src/emulator/index.ts';
import { good, path } from './requests.ts';
import { begin, outcome, pieces, raw } from './wire.ts';

const body = JSON.stringify(good);
let emulator: Emulator;
let told: Promise<RecordedRequest>;
async function start(options: EmulatorOptions = {}): Promise<void> {
  let tell: (request: RecordedRequest) => void = () => undefined;
  told = new Promise((resolve) => {
    tell = resolve;
  });
  emulator = await startEmulator({ ...options, onRequest: tell });
}
afterEach(() => emulator.close());

async function textOf(reply: IncomingMessage | string): Promise<string> {
  if (!(reply instanceof IncomingMessage)) return reply;
  return Buffer.concat((await pieces(reply)).chunks).toString();
}

describe('a body that is too large', () => {
  const refusal = 'Request payload size exceeds the limit: 1000 bytes.';

  test('is refused for its declared length, before it is sent', async () => {
    await start({ bodyLimitBytes: 1000 });
    const outgoing = begin(emulator, { 'content-length': 1001 });
    const reply = outcome(outgoing);
    outgoing.flushHeaders();
    const response = (await reply) as IncomingMessage;
    expect(response.headers.connection).toBe('close');
    expect(await textOf(response)).toContain(refusal);
    expect(await told).toMatchObject({ status: 400, problem: { message: refusal } });
    outgoing.destroy();
  });

  test('is refused in the middle where it declares no length', async () => {
    await start({ bodyLimitBytes: 1000 });
    const outgoing = begin(emulator, { 'transfer-encoding': 'chunked' });
    const reply = outcome(outgoing);
    outgoing.write(' '.repeat(1001));
    expect(await textOf(await reply)).toContain(refusal);
    outgoing.destroy();
  });

  test('is read on and forgotten, so that a client that keeps sending hears the answer', async () => {
    await start({ bodyLimitBytes: 1000 });
    const outgoing = begin(emulator, { 'content-length': 30_000_000 });
    const reply = outcome(outgoing);
    outgoing.end(Buffer.alloc(30_000_000, ' '));
    expect(await textOf(await reply)).toContain(refusal);
    expect(emulator.requests[0]?.body).toHaveLength(0);
  });

  test('is no more than the limit when it is the limit', async () => {
    await start({ bodyLimitBytes: Buffer.byteLength(body) });
    const outgoing = begin(emulator);
    outgoing.end(body);
    expect(await textOf(await outcome(outgoing))).toContain('SHA-256');
  });
});

describe('an early answer', () => {
  test('comes before the body', async () => {
    await start();
    emulator.enqueue(faults['too-large'].reply);
    const outgoing = begin(emulator, { 'content-length': 50_000_000 });
    const reply = outcome(outgoing);
    outgoing.flushHeaders();
    const response = (await reply) as IncomingMessage;
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    outgoing.destroy();
    emulator.verify();
  });

  test('can be a broken connection in the middle of the upload', async () => {
    await start();
    emulator.enqueue({ isEarly: true, cut: 'before-headers' });
    const outgoing = begin(emulator, { 'content-length': 50_000_000 });
    const reply = outcome(outgoing);
    outgoing.end(Buffer.alloc(50_000_000, ' '));
    expect(await reply).toMatch(/^(?:ECONNRESET|EPIPE)$/);
    emulator.verify();
  });

  test('still looks at the path and the key', async () => {
    await start({ apiKeys: ['other'] });
    emulator.enqueue({ ...answerWith('hm'), isEarly: true });
    const outgoing = begin(emulator, { 'content-length': 50_000_000 });
    const reply = outcome(outgoing);
    outgoing.flushHeaders();
    await reply;
    outgoing.destroy();
    expect(() => emulator.verify()).toThrow('API key not valid');
  });
});

describe('a length', () => {
  test('has to be declared', async () => {
    await start();
    const reply = await raw(
      emulator,
      `POST ${path}?key=k HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 411 /);
  });

  test('need not be where the body is chunked', async () => {
    await start();
    const outgoing = begin(emulator, { 'transfer-encoding': 'chunked' });
    for (let at = 0; at < body.length; at += 100) outgoing.write(body.slice(at, at + 100));
    outgoing.end();
    expect(await textOf(await outcome(outgoing))).toContain('SHA-256');
  });

  test('that is too short leaves bytes that are not HTTP, which verify notes', async () => {
    await start();
    const head = `POST ${path}?key=k HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length - 10}\r\n\r\n`;
    await raw(emulator, head + body);
    expect(() => emulator.verify()).toThrow('bytes arrived that are not HTTP');
  });

  test.each([
    ['an answer', answerWith('hm'), 'the client hung up after 10 of 500 bytes'],
    ['nothing, on purpose', faults.hang.reply, undefined],
    ['an honest answer', honest, undefined],
  ])('that was not kept shows as a client that hung up; it was to get %s', async (_, reply, complaint) => {
    await start();
    emulator.enqueue(reply);
    const outgoing = begin(emulator, { 'content-length': 500 });
    const end = outcome(outgoing);
    outgoing.write(' '.repeat(10));
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    outgoing.destroy();
    expect(await end).toBe('ECONNRESET');
    expect(await told).toMatchObject({ aborted: true, status: 0, body: Buffer.from(' '.repeat(10)) });
    if (complaint === undefined) emulator.verify();
    else expect(() => emulator.verify()).toThrow(complaint);
  });
});
