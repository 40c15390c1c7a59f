import { getEventListeners } from 'node:events';
import { appendFileSync, createReadStream, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faults, honest, startEmulator } from '../src/emulator/index.ts';
import { describeImage } from '../src/index.ts';
import { endlessSvg } from './helpers/decoder.ts';
import { useEmulator } from './helpers/emulator.ts';
import { temporaryFile } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';
import { startRawServer } from './helpers/raw-server.ts';

const emulator = useEmulator();
const options = () => ({ apiKey: 'test-key', baseUrl: emulator.url, retries: 0 });

it.runIf(process.platform === 'linux')('leaves no file open, whatever happens', async () => {
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const growing = temporaryFile(
    'large.png',
    Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(3_000_000)]),
  );
  const large = temporaryFile('large', readFileSync(growing));
  const nowhere = 'http://127.0.0.1:1';
  const silent = await startEmulator({ otherwise: { hang: true } });
  // Whether the upload of the growing file gets as far as a request is a matter of time.
  const once = async () => {
    emulator.enqueue(honest, faults.cut.reply);
    await describeImage(fixture('sunset.jpg'), options());
    await expect(describeImage(fixture('sunset.jpg'), options())).rejects.toThrow();
    const onUpload = () => appendFileSync(growing, 'x');
    await expect(describeImage(growing, { ...options(), baseUrl: silent.url, onUpload })).rejects.toThrow(
      'changed while',
    );
    await expect(describeImage(fixture('images/windows.bmp'), options())).rejects.toThrow('BMP');
    const stream = createReadStream(large);
    await expect(describeImage(stream, { ...options(), baseUrl: nowhere })).rejects.toThrow();
    await expect(describeImage(fixture('images'), options())).rejects.toThrow('folder');
    emulator.enqueue(honest);
    await describeImage(fixture('sunset.svg'), options());
    const endless = temporaryFile('endless.svg', endlessSvg());
    await expect(describeImage(endless, { ...options(), timeoutMs: 100 })).rejects.toThrow('not decoded');
  };
  await once();
  await new Promise(setImmediate);
  const before = openFiles();
  for (let round = 0; round < 5; round += 1) await once();
  await emulator.close();
  await silent.close();
  expect(openFiles()).toBeLessThanOrEqual(before);
});

it('removes its abort listeners, whatever happens', async () => {
  const { signal } = new AbortController();
  emulator.enqueue(honest, faults.unavailable.reply, honest, faults['bad-key'].reply, faults.cut.reply);
  await describeImage(fixture('sunset.jpg'), { ...options(), signal });
  await describeImage(fixture('sunset.jpg'), { ...options(), signal, retries: 1, maxWaitMs: 0 });
  await expect(describeImage(fixture('sunset.jpg'), { ...options(), signal })).rejects.toThrow();
  await expect(describeImage(fixture('sunset.jpg'), { ...options(), signal })).rejects.toThrow();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('stops the upload once it is refused', async () => {
  const image = temporaryFile(
    'large.png',
    Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(60_000_000)]),
  );
  emulator.enqueue(faults['too-large'].reply);
  let sent = 0;
  const onUpload = (sentBytes: number) => {
    sent = sentBytes;
  };
  await expect(describeImage(image, { ...options(), onUpload })).rejects.toThrow('HTTP 413');
  expect(sent).toBeLessThan(60_000_000);
});

it('checks numbers before it asks', async () => {
  const wrong = [
    { retries: Number.NaN },
    { retries: 1.5 },
    { timeoutMs: Number.POSITIVE_INFINITY },
    { timeoutMs: 0 },
    { maxWaitMs: -1 },
    { temperature: 2.1 },
    { topK: 1.5 },
    { stopSequences: [...'abcdef'] },
    { thinkingBudget: 1, thinkingLevel: 'low' as const },
  ];
  for (const settings of wrong) {
    await expect(describeImage(fixture('sunset.jpg'), { ...options(), ...settings })).rejects.toThrow(
      expect.objectContaining({ kind: 'usage' }),
    );
  }
});

it.runIf(process.platform === 'linux')('drops a proxy that says nothing', async () => {
  let isOpen = false;
  const silent = await startRawServer((socket) => {
    isOpen = true;
    socket.resume().on('close', () => {
      isOpen = false;
    });
  });
  const asked = describeImage(fixture('sunset.jpg'), {
    ...options(),
    baseUrl: 'https://gateway.test',
    proxy: silent.url,
    timeoutMs: 300,
  });
  await expect(asked).rejects.toThrow('no connection within 0.3 s');
  while (isOpen) await new Promise(setImmediate);
});
