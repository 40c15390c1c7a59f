import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { identityOf, openDraft } from '../../src/store/atomic-file.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';

/** As on FAT: what `link` fails with. */
const refusal = vi.hoisted(() => ({ code: undefined as string | undefined }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const link: typeof real.link = async (...paths) => {
    if (refusal.code !== undefined) throw Object.assign(new Error('no links'), { code: refusal.code });
    await real.link(...paths);
  };
  return { ...real, link };
});

it('is on the disk, whole, before it has its name', async () => {
  for (const replaces of [true, false]) {
    const path = join(temporaryFolder(), 'photo.txt');
    const folder = identityOf(dirname(path));
    const draft = await openDraft(path, { folder, replaces });
    const seen: unknown[] = [];
    await watchSync(path, (hasName) => {
      const [hidden = ''] = readdirSync(dirname(path));
      seen.push([hasName, readFileSync(join(dirname(path), hidden), 'utf8')]);
    });
    await draft.publish('An answer.\n');
    expect(seen).toEqual([[false, 'An answer.\n']]);
    expect(readdirSync(dirname(path))).toEqual([basename(path)]);
    expect(readFileSync(path, 'utf8')).toBe('An answer.\n');
  }
});

it('takes the place of a file that is there, or leaves it, as it was told', async () => {
  const path = temporaryFile('photo.txt', 'Mine.');
  const folder = identityOf(dirname(path));
  const polite = await openDraft(path, { folder, replaces: false });
  await expect(polite.publish('An answer.')).rejects.toMatchObject({ code: 'EEXIST' });
  polite.discard();
  expect(readFileSync(path, 'utf8')).toBe('Mine.');
  await (await openDraft(path, { folder, replaces: true })).publish('An answer.');
  expect(readFileSync(path, 'utf8')).toBe('An answer.');
  expect(readdirSync(dirname(path))).toEqual(['photo.txt']);
});

it.skipIf(process.platform === 'win32')('takes no dangling link for a free place', async () => {
  const path = join(temporaryFolder(), 'photo.txt');
  symlinkSync('nowhere', path);
  const draft = await openDraft(path, { folder: identityOf(dirname(path)), replaces: false });
  await expect(draft.publish('An answer.')).rejects.toMatchObject({ code: 'EEXIST' });
  draft.discard();
  expect(readdirSync(dirname(path))).toEqual(['photo.txt']);
});

it('has its name without links, too, and still not that of a file that is there', async () => {
  refusal.code = 'EPERM';
  onTestFinished(() => {
    refusal.code = undefined;
  });
  const path = join(temporaryFolder(), 'photo.txt');
  const options = { folder: identityOf(dirname(path)), replaces: false };
  const second = await openDraft(path, options);
  await (await openDraft(path, options)).publish('First.');
  await expect(second.publish('Second.')).rejects.toMatchObject({ code: 'EEXIST' });
  second.discard();
  expect(readFileSync(path, 'utf8')).toBe('First.');
  expect(readdirSync(dirname(path))).toEqual(['photo.txt']);
});

it('is not opened in another folder than its own', async () => {
  const path = join(temporaryFolder(), 'photo.txt');
  const folder = identityOf(temporaryFolder());
  await expect(openDraft(path, { folder, replaces: false })).rejects.toMatchObject({ code: 'ESTALE' });
  expect(readdirSync(dirname(path))).toEqual([]);
});

it('holds what is longer and what is shorter than the room it took', async () => {
  for (const text of ['', 'x', 'ä'.repeat(4096), 'x'.repeat(100_000)]) {
    const path = join(temporaryFolder(), 'photo.txt');
    await (await openDraft(path, { folder: identityOf(dirname(path)), replaces: false })).publish(text);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
});

/** Told whenever a file is synchronized, with whether the path exists by then. */
async function watchSync(path: string, told: (hasName: boolean) => void): Promise<void> {
  const file = await open(temporaryFile('any', ''));
  const prototype: FileHandle = Object.getPrototypeOf(file);
  await file.close();
  const original = prototype.sync;
  prototype.sync = async function (this: FileHandle) {
    told(existsSync(path));
    await original.call(this);
  };
  onTestFinished(() => {
    prototype.sync = original;
  });
}
