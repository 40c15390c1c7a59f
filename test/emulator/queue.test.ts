import type { IncomingMessage } from 'node:http';
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
import { Session } from '../../src/emulator/session.ts';
import { ask, errorOf, good, imagePart, path, post } from './requests.ts';

const started: Emulator[] = [];
async function start(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  started.push(emulator);
  return emulator;
}
afterEach(() => Promise.all(started.splice(0).map((emulator) => emulator.close())));

describe('the queue', () => {
  test('gives each request the next reply, then honest answers', async () => {
    const emulator = await start();
    emulator.enqueue(faults.unavailable.reply, answerWith('A ', 'boat.'), honest);
    expect((await post(emulator, good)).status).toBe(503);
    expect(await (await post(emulator, good)).text()).toContain('"A "');
    expect(await (await post(emulator, good)).text()).toContain('SHA-256');
    expect(await (await post(emulator, good)).text()).toContain('SHA-256');
    emulator.verify();
  });

  test('gives what was named for all other requests', async () => {
    const emulator = await start({ otherwise: faults['no-credit'].reply });
    expect((await post(emulator, good)).status).toBe(402);
    expect((await post(emulator, good)).status).toBe(402);
  });

  test('records what arrived, byte for byte', async () => {
    const emulator = await start();
    const body = `${JSON.stringify(good)} \n`;
    await post(emulator, body, { headers: { 'x-test': 'yes' } });
    const [request] = emulator.requests;
    expect(request).toMatchObject({ method: 'POST', path: `${path}?key=secret`, json: good, status: 200 });
    expect(request?.body.toString()).toBe(body);
    expect(request?.headers['x-test']).toBe('yes');
    expect(request?.images).toMatchObject([{ mimeType: 'image/jpeg', bytes: 686, width: 48, height: 32 }]);
    expect(request?.problem).toBeUndefined();
  });

  test('forgets requests where nobody wants them', async () => {
    const seen: RecordedRequest[] = [];
    const emulator = await start({ isRecording: false, onRequest: (request) => seen.push(request) });
    await post(emulator, good);
    expect(emulator.requests).toEqual([]);
    expect(seen).toMatchObject([{ status: 200 }]);
  });

  test('holds a reply back until it is let go', async () => {
    const emulator = await start();
    let letGo: () => void = () => undefined;
    emulator.enqueue(
      { ...answerWith('late'), after: new Promise<void>((resolve) => (letGo = resolve)) },
      answerWith('early'),
    );
    const late = post(emulator, good);
    while (emulator.requests.length < 1) await new Promise(setImmediate);
    expect(await (await post(emulator, good)).text()).toContain('early');
    letGo();
    expect(await (await late).text()).toContain('late');
  });

  test('serves below a base path', async () => {
    const emulator = await start({ basePath: '/gateway/' });
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/gateway$/);
    expect((await post(emulator, good)).status).toBe(200);
    expect((await fetch(emulator.url.replace('/gateway', path), { method: 'POST' })).status).toBe(404);
  });
});

describe('verify', () => {
  test('is content where all is well', async () => {
    const emulator = await start({ isStrict: true });
    emulator.enqueue(honest, faults['rate-limit'].reply);
    await post(emulator, good);
    await post(emulator, good);
    emulator.verify();
  });

  test('complains of a request without a reply, which is told so', async () => {
    const emulator = await start({ isStrict: true });
    const reply = await post(emulator, good);
    expect([reply.status, await reply.text()]).toEqual([501, 'No reply was queued for this request.\n']);
    expect(() => emulator.verify()).toThrow(`POST ${path} had no queued reply.`);
  });

  test('complains of replies left over', async () => {
    const emulator = await start();
    emulator.enqueue(honest);
    expect(() => emulator.verify()).toThrow('1 queued reply was left unused.');
    emulator.enqueue(honest);
    expect(() => emulator.verify()).toThrow('2 queued replies were left unused.');
  });

  test('complains of a bad request that a canned reply hid, and shows no key', async () => {
    const emulator = await start();
    emulator.enqueue(answerWith('fine'), faults.internal.reply);
    expect((await post(emulator, ask([imagePart('rgb.png', 'image/jpg')]))).status).toBe(200);
    await post(emulator, { contents: [] });
    expect(() => emulator.verify()).toThrow(
      /Unsupported MIME type: image\/jpg\n- .*contents is not specified/,
    );
    expect(() => emulator.verify()).not.toThrow(/secret/);
  });

  test('leaves a bad request alone that was told so', async () => {
    const emulator = await start({ isStrict: true });
    emulator.enqueue(honest);
    expect((await errorOf(await post(emulator, {}))).code).toBe(400);
    expect(emulator.requests[0]?.problem?.message).toContain('contents is not specified');
    emulator.verify();
  });
});

test('many answers may wait at once, and Node does not warn of their listeners', async () => {
  const warnings: Error[] = [];
  const remember = (warning: Error) => warnings.push(warning);
  process.on('warning', remember);
  const emulator = await start({ delayMs: 20 });
  await Promise.all(Array.from({ length: 16 }, () => post(emulator, good).then((reply) => reply.text())));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', remember);
  expect(warnings).toEqual([]);
});

describe('what is recorded', () => {
  test('is bounded in bytes: the oldest bodies go first, and never the newest', async () => {
    const body = JSON.stringify(good);
    const emulator = await start({ maxRecordedBytes: body.length * 2 });
    for (let count = 0; count < 4; count += 1) await post(emulator, body);
    expect(emulator.requests.map((request) => request.body.length)).toEqual([0, 0, body.length, body.length]);
    expect(emulator.requests.map(({ images }) => images.length)).toEqual([0, 0, 1, 1]);
    expect(emulator.requests.map(({ json }) => json)).toEqual([undefined, undefined, good, good]);
    expect(emulator.requests.every(({ status }) => status === 200)).toBe(true);

    const large = ask([{ text: 'x'.repeat(body.length * 3) }]);
    await post(emulator, large);
    expect(emulator.requests.map((request) => request.body.length > 0)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(emulator.requests.at(-1)?.json).toEqual(large);
  });

  test('is bounded in number: ten thousand requests, and a hundred complaints', () => {
    const session = new Session(true, 1);
    const request = { method: 'POST', url: '/', headers: {} } as IncomingMessage;
    const records = Array.from({ length: 10_002 }, () => session.begin(request));
    expect(session.requests).toHaveLength(10_000);
    expect(session.requests[0]).toBe(records[2]);
    for (let count = 0; count < 102; count += 1) session.complain(`complaint ${count}.`);
    expect(() => session.verify()).toThrow('complaint 99.');
    expect(() => session.verify()).not.toThrow('complaint 100.');
  });
});
