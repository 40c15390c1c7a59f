import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { search } from '../../src/image/find.ts';
import { asText, pack, readFolder, unpack } from '../../src/image/listing.ts';
import type { ImageInput } from '../../src/image/source.ts';
import { temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { load } from '../helpers/load.ts';
import { asOrdinaryUser } from '../helpers/user.ts';

describe('a folder', () => {
  it('is its images, sorted as people sort', async () => {
    const folder = folderOf(['10.png', '9.png', 'b.jpg', 'A.webp', 'a2.png', 'a10.png', 'é.png', 'Z.heic']);
    expect(await namesIn(folder)).toEqual(
      ['9.png', '10.png', 'A.webp', 'a2.png', 'a10.png', 'b.jpg', 'é.png', 'Z.heic'].map((name) =>
        join(folder, name),
      ),
    );
  });

  it('is what its bytes or its name call an image, and nothing else', async () => {
    const folder = folderOf(['broken.jpg', 'notes.txt', 'list.json', 'Thumbs.db', 'film.mp4']);
    cpSync(fixture('images/rgb.png'), join(folder, 'no extension'));
    cpSync(fixture('images/jfif.jpg'), join(folder, 'photo.txt'));
    cpSync(fixture('images/clip.mp4'), join(folder, 'clip.dat'));
    cpSync(fixture('images/still.gif'), join(folder, 'still.gif'));
    expect(await namesIn(folder)).toEqual(
      ['broken.jpg', 'no extension', 'photo.txt', 'still.gif'].map((name) => join(folder, name)),
    );
  });

  it('is without its hidden files, and without folders below unless asked for', async () => {
    const folder = folderOf(['a.png', '.hidden.png']);
    for (const below of ['below', '.git', 'below/deep']) mkdirSync(join(folder, below));
    for (const name of ['below/b.png', '.git/c.png', 'below/deep/d.png'])
      writeFileSync(join(folder, name), '');
    expect(await namesIn(folder)).toEqual([join(folder, 'a.png')]);
    expect(await namesIn(folder, true)).toEqual(
      ['a.png', 'below/b.png', 'below/deep/d.png'].map((name) => join(folder, name)),
    );
  });

  it('is named as it was typed, with or without a slash', async () => {
    const folder = folderOf(['a.png']);
    expect(await namesIn(`${folder}/`)).toEqual([`${folder}/a.png`]);
  });

  it('follows a link to a file and not one to a folder, so a circle ends', async () => {
    const folder = folderOf(['a.png']);
    symlinkSync(folder, join(folder, 'circle'));
    symlinkSync(join(folder, 'a.png'), join(folder, 'b.png'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'c.png'));
    expect(await namesIn(folder, true)).toEqual(
      ['a.png', 'b.png', 'c.png'].map((name) => join(folder, name)),
    );
    await expect(load(join(folder, 'c.png'))).rejects.toThrow(
      'c.png: a symbolic link to a file that does not exist',
    );
  });

  it.each(['new\nline.png', 'quo"te\'s.png', '🌅.png', '-p.png', ' .png', '*.png', '$(reboot).png'])(
    'may hold a file named %j',
    async (name) => {
      const folder = temporaryFolder();
      cpSync(fixture('images/rgb.png'), join(folder, name));
      const [input] = await inputsIn(folder);
      expect(await load(input as ImageInput)).toMatchObject({
        name: join(folder, name),
        mimeType: 'image/png',
      });
    },
  );

  it('may hold a file whose name is not UTF-8', async () => {
    const folder = temporaryFolder();
    // A shell can write what Node’s own strings cannot hold.
    await execa('sh', [
      '-c',
      `cp "$1" "$2/$(printf 'caf\\351.png')"`,
      'sh',
      fixture('images/rgb.png'),
      folder,
    ]);
    const [input] = await inputsIn(folder);
    const image = await load(input as ImageInput);
    expect(image).toMatchObject({ name: join(folder, 'caf\ufffd.png'), mimeType: 'image/png' });
  });

  it('without images is said to be one, and where to look', async () => {
    const folder = folderOf(['notes.txt']);
    expect(await failuresIn(folder)).toEqual([[`${folder}: a folder without images`, 'Use another folder.']]);
    mkdirSync(join(folder, 'below'));
    expect(await failuresIn(folder)).toEqual([
      [`${folder}: a folder without images`, 'Use `recursive` to include subfolders.'],
    ]);
    expect(await failuresIn(folder, true)).toEqual([
      [`${folder}: a folder without images`, 'Use another folder.'],
    ]);
  });

  it('below that cannot be read does not end the walk', async () => {
    const folder = folderOf(['a.png']);
    chmodSync(folder, 0o755);
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0 });
    expect(await asOrdinaryUser(() => failuresIn(folder, true))).toEqual([
      [`${closed}: a folder, permission denied`, 'Check its permissions with ls -ld.'],
    ]);
    chmodSync(closed, 0o700);
  });
});

describe('a search', () => {
  it('lists ahead, tells how many images there are as far as names tell, and then as bytes tell', async () => {
    const folder = folderOf(['a.png', 'notes.txt', 'no image']);
    cpSync(fixture('images/jfif.jpg'), join(folder, 'photo.txt'));
    for (const below of ['below', 'none']) mkdirSync(join(folder, below));
    writeFileSync(join(folder, 'below/b.png'), '');
    const listed = async function* () {
      yield* [
        join(folder, 'a.png'),
        join(folder, 'notes.txt'),
        join(folder, 'none'),
        join(folder, 'gone.png'),
      ];
    };
    const skipped: string[] = [];
    const { images, names, found, total } = search({
      ahead: { named: [folder, 'missing.png'], listed: listed() },
      isRecursive: true,
      onSkip: (name) => skipped.push(name),
    });
    expect(total()).toBeUndefined();
    const named = [];
    for await (const name of names()) named.push(name);
    expect(named).toContain(join(folder, 'below/b.png'));
    expect([found(), total()]).toEqual([7, 7]);
    // What comes now was not there when the folder was listed.
    writeFileSync(join(folder, 'later.png'), '');
    const reached = [];
    for await (const { name } of images()) reached.push(name);
    expect(reached).toEqual([
      ...['a.png', 'photo.txt', 'below/b.png'].map((name) => join(folder, name)),
      'missing.png',
      ...['a.png', 'none', 'gone.png'].map((name) => join(folder, name)),
    ]);
    expect(total()).toBe(reached.length);
    expect(skipped).toEqual([join(folder, 'notes.txt')]);
  });

  it('keeps names in the memory of their bytes, whatever they are', () => {
    const names = ['a.png', Buffer.from('caf\xe9.png', 'latin1'), 'é.png', 'b'.repeat(300)];
    const packed = pack(names);
    expect([...unpack(packed)].map(asText)).toEqual(names);
    expect(packed.length).toBe(names.reduce((sum, name) => sum + Buffer.byteLength(name) + 1, -1));
  });

  it('sorts thousands of names as it sorts a few, while other work goes on', async () => {
    const names = Array.from({ length: 3001 }, (_, index) => `${(index * 1009) % 3001}.png`);
    let turns = 0;
    const breathe = async () => {
      turns += 1;
    };
    const folder = await readFolder(Buffer.from(folderOf(names)), breathe);
    expect('files' in folder && folder.files).toEqual(
      Array.from({ length: 3001 }, (_, index) => `${index}.png`),
    );
    expect(turns).toBeGreaterThan(6 * 3);
  });

  it('ends with the signal, also while it lists', async () => {
    const controller = new AbortController();
    const folder = folderOf(Array.from({ length: 1000 }, (_, index) => `${index}.png`));
    const { images } = search({ ahead: { named: [folder] }, isRecursive: false, signal: controller.signal });
    const first = images().next();
    controller.abort('SIGINT');
    await expect(first).rejects.toMatchObject({ kind: 'aborted', cause: 'SIGINT' });
  });
});

it('passes on what is no folder, in order', async () => {
  const stream = { name: 'standard input', data: Buffer.of(1) };
  const inputs = ['a.png', 'https://example.com/photos/', stream, 'missing'];
  const found = [];
  for await (const each of search({ later: { named: inputs }, isRecursive: true }).images()) found.push(each);
  expect(found).toEqual(
    inputs.map((input) => ({ name: typeof input === 'string' ? input : input.name, inputs: [input] })),
  );
});

function folderOf(names: readonly string[]): string {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), '');
  return folder;
}

async function collectAll(folder: string, isRecursive: boolean) {
  const all = [];
  for await (const found of search({ later: { named: [folder] }, isRecursive }).images()) all.push(found);
  return all;
}

async function namesIn(folder: string, isRecursive = false): Promise<string[]> {
  return (await collectAll(folder, isRecursive)).map(({ name }) => name);
}

async function inputsIn(folder: string): Promise<unknown[]> {
  return (await collectAll(folder, false)).map((found) => ('inputs' in found ? found.inputs[0] : undefined));
}

async function failuresIn(folder: string, isRecursive = false) {
  const all = await collectAll(folder, isRecursive);
  return all.flatMap((found) => ('error' in found ? [[found.error.message, found.error.hint]] : []));
}
