import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answerWith, faults, honest, startEmulator } from '../../src/emulator/index.ts';
import { CredentialError, describeImages, ImageError, UsageError } from '../../src/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { eachRow } from '../helpers/rows.ts';

const emulator = useEmulator();
const options = () => ({ apiKey: 'test-key', baseUrl: emulator.url, concurrency: 1, retries: 0 });

it('yields what became of each image, folders, paths and bytes, in order', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'b.png'), readFileSync(fixture('images/rgb.png')));
  writeFileSync(join(folder, 'a.png'), 'Not an image.');
  emulator.enqueue(answerWith('One.'), answerWith('Two.'), answerWith('Three.'));
  const bytes = { name: 'a photo', data: readFileSync(fixture('images/jfif.jpg')) };
  const seen = [];
  for await (const each of describeImages([folder, fixture('sunset.jpg'), bytes], options())) {
    seen.push([each.image, each.outcome === 'failed' ? each.error.constructor : each.text]);
  }
  expect(seen).toEqual([
    [join(folder, 'a.png'), ImageError],
    [join(folder, 'b.png'), 'One.'],
    [fixture('sunset.jpg'), 'Two.'],
    ['a photo', 'Three.'],
  ]);
});

it('throws what would befall every image, after what was answered', async () => {
  emulator.enqueue(honest, faults['bad-key'].reply);
  const images = [1, 2, 3].map(() => fixture('sunset.jpg'));
  const seen: string[] = [];
  const all = async () => {
    for await (const { image } of describeImages(images, options())) seen.push(image);
  };
  await expect(all()).rejects.toThrow(CredentialError);
  expect(seen).toEqual([fixture('sunset.jpg')]);
});

it('lets an image whose stream breaks fail alone', async () => {
  emulator.enqueue(answerWith('One.'));
  const broken = {
    name: 'a download',
    data: (async function* () {
      yield Buffer.from('\x89PNG', 'latin1');
      throw new TypeError('terminated');
    })(),
  };
  const seen = [];
  for await (const each of describeImages([broken, fixture('images/rgb.png')], options())) {
    seen.push(each.outcome === 'failed' ? each.error.message : each.text);
  }
  expect(seen).toEqual(['a download: cannot be read to its end (terminated)', 'One.']);
});

it('refuses a limit that is none', () =>
  eachRow(
    [{ concurrency: 0 }, { concurrency: Number.NaN }, { concurrency: 1.5 }, { requestsPerMinute: 0 }],
    async (wrong) => {
      const all = describeImages([fixture('images/rgb.png')], { ...options(), ...wrong });
      await expect(all.next()).rejects.toThrow(UsageError);
    },
  ));

it('asks about few more when the reader leaves', async () => {
  await using busy = await startEmulator({ otherwise: honest });
  const images = Array.from({ length: 200 }, () => fixture('images/rgb.png'));
  for await (const _ of describeImages(images, { ...options(), baseUrl: busy.url })) break;
  expect(busy.requests.length).toBeLessThan(40);
});
