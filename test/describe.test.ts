import { appendFileSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faults, honest } from '../src/emulator/index.ts';
import {
  AbortedError,
  ApiError,
  CredentialError,
  DescribeImageError,
  describeImage,
  ImageError,
  NoAnswerError,
  UsageError,
} from '../src/index.ts';
import { useEmulator } from './helpers/emulator.ts';
import { temporaryFile } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const options = () => ({ apiKey: 'test-key', baseUrl: emulator.url, retries: 0 });

it('answers a question about an image', async () => {
  emulator.enqueue(honest);
  const description = await describeImage(sunset, {
    ...options(),
    prompt: 'what is this?',
    temperature: 0.2,
  });
  expect(description).toMatchObject({
    image: sunset,
    outcome: 'answered',
    images: [{ image: sunset, mimeType: 'image/jpeg', bytes: 38049, width: 960, height: 640 }],
    prompt: 'what is this?',
    model: 'gemini-2.5-pro',
    modelVersion: 'gemini-2.5-pro',
    finishReason: 'STOP',
    warnings: [],
  });
  expect(description.text).toContain('960 × 640');
});

it('takes the bytes of an image', async () => {
  emulator.enqueue(honest);
  const { image, images } = await describeImage(readFileSync(sunset), options());
  expect(image).toBe('image');
  expect(images).toMatchObject([{ image: 'image', mimeType: 'image/jpeg' }]);
});

it('throws an error of its own kind for each failure, naming the image', async () => {
  const ask = () => describeImage(sunset, options());
  emulator.enqueue(faults['bad-key'].reply, faults['bad-image'].reply, faults['blocked-prompt'].reply);
  await expect(ask()).rejects.toThrow(CredentialError);
  await expect(ask()).rejects.toThrow(ApiError);
  await expect(ask()).rejects.toThrow(NoAnswerError);
  await expect(describeImage('/nowhere.png', options())).rejects.toThrow(ImageError);
  await expect(describeImage(sunset, { ...options(), model: 'a b' })).rejects.toThrow(UsageError);
  await expect(describeImage(sunset, { ...options(), apiKey: '' })).rejects.toThrow(CredentialError);
  emulator.enqueue(faults.internal.reply);
  const error = await ask().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DescribeImageError);
  expect(error).toMatchObject({
    kind: 'api',
    status: 500,
    image: sunset,
    message: expect.stringContaining(sunset),
  });
});

it('can be aborted before, during and between attempts', async () => {
  await expect(describeImage(sunset, { ...options(), signal: AbortSignal.abort() })).rejects.toThrow(
    AbortedError,
  );

  const during = new AbortController();
  emulator.enqueue(faults.hang.reply);
  const asking = describeImage(sunset, { ...options(), signal: during.signal });
  while (emulator.requests.length === 0) await new Promise(setImmediate);
  during.abort();
  await expect(asking).rejects.toThrow(AbortedError);

  const between = new AbortController();
  emulator.enqueue(faults.unavailable.reply);
  const waiting = describeImage(sunset, {
    ...options(),
    retries: 1,
    signal: between.signal,
    onRetry: () => between.abort(),
  });
  await expect(waiting).rejects.toThrow(AbortedError);
});

it('does not finish a request whose file changes while it is sent', async () => {
  const path = temporaryFile(
    'large.png',
    Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(5_000_000)]),
  );
  emulator.enqueue({ hang: true });
  let hasChanged = false;
  const onUpload = () => {
    if (!hasChanged) appendFileSync(path, 'more');
    hasChanged = true;
  };
  await expect(describeImage(path, { ...options(), onUpload })).rejects.toThrow(
    `${path}: changed while it was being read`,
  );
});

it('tells how much was uploaded', async () => {
  emulator.enqueue(honest);
  const seen: number[][] = [];
  await describeImage(sunset, {
    ...options(),
    onUpload: (sentBytes, totalBytes) => seen.push([sentBytes, totalBytes]),
  });
  const length = emulator.requests[0]?.body.length;
  expect(seen.at(-1)).toEqual([length, length]);
});
