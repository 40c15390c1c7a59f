import { appendFileSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faults, honest, startEmulator } from '../src/emulator/index.ts';
import {
  AbortedError,
  ApiError,
  CredentialError,
  DescribeImageError,
  describeImage,
  describeImages,
  type Failure,
  ImageError,
  type ImageInput,
  NoAnswerError,
  UsageError,
} from '../src/index.ts';
import { useEmulator } from './helpers/emulator.ts';
import { temporaryFile } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';
import { eachRow } from './helpers/rows.ts';

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
  // Whether it hears of the request before the client hangs up is not certain.
  await using own = await startEmulator({ otherwise: { hang: true } });
  let hasChanged = false;
  const onUpload = () => {
    if (!hasChanged) appendFileSync(path, 'more');
    hasChanged = true;
  };
  await expect(describeImage(path, { ...options(), baseUrl: own.url, onUpload })).rejects.toThrow(
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

it('refuses what is no key before anything is sent', () =>
  eachRow([undefined, null, '', '  ', 42, {}], async (apiKey) => {
    await emulator.renew();
    const asking = describeImage(sunset, { ...options(), apiKey: apiKey as string });
    await expect(asking).rejects.toThrow(CredentialError);
    await expect(describeImages([sunset], { ...options(), apiKey: apiKey as string }).next()).rejects.toThrow(
      CredentialError,
    );
    expect(emulator.requests).toEqual([]);
  }));

it('refuses a wrong option by its name', () =>
  eachRow(
    [
      ['a misspelled option', { temprature: 1 }, 'temprature'],
      ['a number as text', { temperature: '1' }, '`temperature`'],
      ['a number out of range', { topP: 2 }, '`topP`'],
      ['what is no signal', { signal: {} }, '`signal`'],
      ['what is no function', { onWarning: 'log' }, '`onWarning`'],
      ['what excludes another', { thinkingBudget: 1, thinkingLevel: 'low' }, '`thinkingLevel`'],
      ['too many texts', { stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }, '`stopSequences`'],
    ],
    async ([_, wrong, name]) => {
      await emulator.renew();
      const asking = describeImage(sunset, { ...options(), ...(wrong as object) });
      await expect(asking).rejects.toThrow(UsageError);
      await expect(asking).rejects.toThrow(name);
      expect(emulator.requests).toEqual([]);
    },
  ));

it('refuses what is no image, and never repeats all of it', async () => {
  const wrong = [undefined, null, 42, true, {}, [], () => 1, Symbol('x'), { data: 'x' }, { path: 7 }];
  for (const input of wrong) {
    const failure = await describeImage(input as never, options()).catch((error: unknown) => error);
    expect(failure, String(input)).toBeInstanceOf(UsageError);
  }
  for (const inputs of [sunset, Buffer.of(1), undefined, 7])
    await expect(describeImages(inputs as never, options()).next()).rejects.toThrow('must be a list');
  await expect(describeImages([null as never], options()).next()).rejects.toThrow('null is not an image');
  await expect(describeImage('', options())).rejects.toMatchObject({ kind: 'usage' });
  const long = await describeImage('x'.repeat(300_000), options()).catch((error: Error) => error);
  expect(JSON.stringify(long).length).toBeLessThan(1000);
  expect(emulator.requests).toEqual([]);
});

it('takes everything that holds the bytes of an image', async () => {
  const bytes = readFileSync(sunset);
  const inputs: ImageInput[] = [
    new Uint8Array(bytes).buffer,
    new Blob([bytes]),
    new File([bytes], 'a photo.jpg'),
    new Response(bytes),
    { name: 'named', data: bytes },
  ];
  emulator.enqueue(...inputs.map(() => honest));
  const seen = [];
  for (const input of inputs) {
    const { image, images } = await describeImage(input, options());
    seen.push([image, images[0]?.bytes]);
  }
  expect(seen).toEqual(
    ['image', 'image', 'a photo.jpg', 'image', 'named'].map((name) => [name, bytes.length]),
  );
  const missing = new Response('not found', { status: 404 });
  await expect(describeImage(missing, options())).rejects.toThrow('404');
});

it('tells failures apart by their kind, as JSON too, and an abort by its reason', async () => {
  emulator.enqueue(faults['bad-image'].reply);
  const failure: Failure = await describeImage(sunset, options()).catch((error) => error);
  expect(failure.kind === 'api' && failure.status).toBe(400);
  expect(JSON.parse(JSON.stringify(failure))).toMatchObject({
    kind: 'api',
    message: expect.stringContaining(sunset),
    status: 400,
  });
  const reason = new Error('enough');
  const aborted = await describeImage(sunset, { ...options(), signal: AbortSignal.abort(reason) }).catch(
    (error: Error) => error,
  );
  expect(aborted).toMatchObject({ kind: 'aborted', cause: reason });
});

it('warns of nothing when one signal may end many calls', async () => {
  const warned: Error[] = [];
  const hear = (warning: Error) => warned.push(warning);
  process.on('warning', hear);
  const { signal } = new AbortController();
  for (let call = 0; call < 60; call += 1) emulator.enqueue(honest);
  await Promise.all(Array.from({ length: 60 }, () => describeImage(sunset, { ...options(), signal })));
  await new Promise(setImmediate);
  process.off('warning', hear);
  expect(warned).toEqual([]);
});
