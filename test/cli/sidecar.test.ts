import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerWith, faults, honest, startEmulator } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { folderOf, temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import { eachRow } from '../helpers/rows.ts';
import { asOrdinaryUser, nobody } from '../helpers/user.ts';

const isWindows = process.platform === 'win32';
const emulator = useEmulator();
const ask = (argv: string[], url = emulator.url) =>
  runProgram(argv, { environment: { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: url } });

describe('files beside the images', () => {
  it('hold the answers, and are kept by the next run', async () => {
    const folder = folderOf(2);
    emulator.enqueue(answerWith('Zero.'), answerWith('One.'));
    const { exitCode, stdout } = await ask([folder, 'caption', '--sidecar', '-c', '1']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('Zero.\n');
    expect(readFileSync(join(folder, '1.txt'), 'utf8')).toBe('One.\n');
    expect((await ask([folder, 'caption', '--sidecar'])).stderr).toContain('2 images: 2 kept');
  });

  it('have the extension that is asked for', async () => {
    const folder = folderOf(1);
    for (const [argv, name] of [
      [['--sidecar', '.md'], '0.md'],
      [['--sidecar=.alt.txt'], '0.alt.txt'],
    ] as const) {
      emulator.enqueue(answerWith('Zero.'));
      expect((await ask([...argv, folder, 'caption'])).exitCode).toBe(0);
      expect(readFileSync(join(folder, name), 'utf8')).toBe('Zero.\n');
    }
  });

  it('are replaced with --overwrite', async () => {
    const folder = folderOf(1);
    writeFileSync(join(folder, '0.txt'), 'Old.\n');
    emulator.enqueue(answerWith('New.'));
    await ask([folder, 'caption', '--sidecar', '--overwrite']);
    expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('New.\n');
  });

  it('are named after whole names where two images differ in their extension alone', async () => {
    const folder = folderOf(1);
    cpSync(fixture('images/jfif.jpg'), join(folder, '0.jpg'));
    emulator.enqueue(answerWith('A JPEG.'), answerWith('A PNG.'));
    const { exitCode, stderr } = await ask([folder, 'caption', '--sidecar', '-c', '1']);
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('warning');
    expect(textsIn(folder)).toEqual({ '0.jpg.txt': 'A JPEG.\n', '0.png.txt': 'A PNG.\n' });
    expect((await ask([folder, 'caption', '--sidecar'])).stderr).toContain('2 images: 2 kept');
  });

  it('leave room for what else is there', () =>
    eachRow(
      [
        ['another image that is not asked about', '0.webp', 'images/lossy.webp'],
        ['a format that is converted', '0.gif', 'images/animated.gif'],
        ['an image with a name of no image', '0.data', 'images/jfif.jpg'],
        ['an image with the same name in capitals', '0.PNG', 'images/jfif.jpg'],
        ['an image whose whole name is the other’s stem', '0', 'images/jfif.jpg'],
      ],
      async ([_, name, source]) => {
        const folder = folderOf(1);
        cpSync(fixture(source), join(folder, name));
        writeFileSync(join(folder, '0.txt'), 'Whose?\n');
        emulator.enqueue(answerWith('Zero.'));
        const { exitCode, stderr } = await ask([
          join(folder, '0.png'),
          'caption',
          '--sidecar',
          '--overwrite',
        ]);
        expect(exitCode).toBe(0);
        expect(stderr.match(/warning: \S+0\.txt /g)).toHaveLength(1);
        expect(textsIn(folder)).toEqual({ '0.png.txt': 'Zero.\n', '0.txt': 'Whose?\n' });
      },
    ));

  it('warn of a file that two images may mean once', async () => {
    const folder = folderOf(1);
    cpSync(fixture('images/jfif.jpg'), join(folder, '0.jpg'));
    writeFileSync(join(folder, '0.txt'), 'Whose?\n');
    emulator.enqueue(answerWith('One.'), answerWith('Two.'));
    const { stderr } = await ask([folder, 'caption', '--sidecar', '-c', '1']);
    expect(stderr.match(/0\.txt is kept/g)).toHaveLength(1);
  });

  it('have short names beside long ones', () =>
    eachRow(
      [
        ['text', '0.md', 'Notes.'],
        ['a damaged image', '0.jpg', ''],
        ['what no service takes', '0.bmp', Buffer.from('424d3a0000000000000036000000280000000100', 'hex')],
      ],
      async ([_, name, content]) => {
        const folder = folderOf(1);
        writeFileSync(join(folder, name), content);
        emulator.enqueue(answerWith('Zero.'));
        await ask([join(folder, '0.png'), 'caption', '--sidecar']);
        expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('Zero.\n');
      },
    ));

  it('keep apart an image and one whose name is longer by an extension', async () => {
    const folder = folderOf(1);
    cpSync(fixture('images/jfif.jpg'), join(folder, '0.jpg'));
    cpSync(fixture('images/lossy.webp'), join(folder, '0.png.webp'));
    emulator.enqueue(answerWith('JPEG.'), answerWith('PNG.'), answerWith('WebP.'));
    expect((await ask([folder, 'caption', '--sidecar', '-c', '1'])).exitCode).toBe(0);
    expect(textsIn(folder)).toEqual({
      '0.jpg.txt': 'JPEG.\n',
      '0.png.txt': 'PNG.\n',
      '0.png.webp.txt': 'WebP.\n',
    });
  });

  it('are looked into before the first request: a folder that cannot be written into ends the batch', async () => {
    const folder = folderOf(2);
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    cpSync(join(folder, '0.png'), join(closed, 'deep.png'));
    chmodSync(closed, 0o555);
    chmodSync(folder, 0o777);
    const { exitCode, stderr } = await asOrdinaryUser(() => ask([folder, 'caption', '--sidecar', '-r']));
    chmodSync(closed, 0o755);
    expect(exitCode).toBe(74);
    expect(stderr).toContain(`cannot write to ${closed}`);
  });

  it('that can no longer be written leave the answer on standard output, and end the run', async () => {
    const output = join(temporaryFolder(), 'captions.jsonl');
    for (const more of [[], ['-o', output]]) {
      const folder = folderOf(3);
      emulator.enqueue({ ...answerWith('Zero.'), delayMs: 20 });
      const before = emulator.requests.length;
      const running = ask([folder, 'caption', '--sidecar', '-c', '1', ...more]);
      while (emulator.requests.length === before) await new Promise(setImmediate);
      rmSync(folder, { recursive: true });
      const { exitCode, stdout, stderr } = await running;
      expect({ exitCode, stdout }).toEqual({ exitCode: 74, stdout: `==> ${folder}/0.png <==\nZero.\n` });
      // What a journal has is recorded.
      expect(stderr).toContain(`3 images: 1 ${more.length > 0 ? 'answered' : 'not recorded, 2 not tried'}`);
      expect(stderr).toContain(`${folder}/0.txt cannot be written`);
    }
    expect(linesOf(readFileSync(output, 'utf8'))[0]).toMatchObject({ text: 'Zero.' });
  });

  it('give way to a file that another program created in between', async () => {
    const folder = folderOf(3);
    for (const more of [[], ['--overwrite']]) {
      emulator.enqueue({ ...answerWith('Zero.'), delayMs: 20 });
      const before = emulator.requests.length;
      const running = ask([folder, 'caption', '--sidecar', '-c', '1', ...more]);
      while (emulator.requests.length === before) await new Promise(setImmediate);
      writeFileSync(join(folder, '0.txt'), 'Mine.\n');
      const { exitCode, stdout, stderr } = await running;
      expect({ exitCode, stdout }).toEqual({ exitCode: 74, stdout: `==> ${folder}/0.png <==\nZero.\n` });
      expect(stderr).toContain('3 images: 1 not recorded, 2 not tried');
      expect(textsIn(folder)).toEqual({ '0.txt': 'Mine.\n' });
      rmSync(join(folder, '0.txt'));
    }
  });

  it.skipIf(isWindows)('are lost to nobody when their folder takes no more files', async () => {
    const folder = folderOf(20);
    if (process.geteuid?.() === 0) chownSync(folder, nobody, nobody);
    await using slow = await startEmulator({ otherwise: { ...honest, delayMs: 30 } });
    const { exitCode, stdout, stderr } = await asOrdinaryUser(async () => {
      const running = ask([folder, 'caption', '--sidecar', '-c', '4'], slow.url);
      while (slow.requests.length < 6) await new Promise(setImmediate);
      chmodSync(folder, 0o555);
      return running;
    });
    chmodSync(folder, 0o755);
    expect(exitCode).toBe(74);
    const asked = slow.requests.length;
    const kept = Object.keys(textsIn(folder)).length;
    const printed = stdout.match(/^==> .* <==$/gm)?.length ?? 0;
    expect(kept + printed).toBe(asked);
    expect(printed).toBeGreaterThanOrEqual(1);
    expect(stderr).toContain(`20 images: ${kept} answered, ${printed} not recorded, ${20 - asked} not tried`);
    expect(stderr).toContain('new files are no longer allowed in its folder');
  });

  it.skipIf(isWindows)('are not written into a folder that took the place of theirs', async () => {
    const folder = folderOf(4);
    const other = folderOf(4);
    emulator.enqueue({ ...answerWith('Zero.'), delayMs: 20 });
    const running = ask([folder, 'caption', '--sidecar', '-c', '1']);
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    renameSync(folder, `${folder}-moved`);
    symlinkSync(other, folder);
    const { exitCode, stdout } = await running;
    rmSync(`${folder}-moved`, { recursive: true });
    expect(exitCode).toBe(74);
    expect(stdout).toContain('Zero.');
    expect(readdirSync(other)).toEqual(['0.png', '1.png', '2.png', '3.png']);
  });

  it('are claimed by hidden files that count for nothing, and only for images that can be sent', async () => {
    const folder = folderOf(2);
    writeFileSync(join(folder, '0.jpg'), 'Not an image.');
    writeFileSync(join(folder, '.describe-image-0123456789abcdef'), 'Left over.');
    emulator.enqueue({ ...answerWith('Zero.'), delayMs: 20 }, answerWith('One.'));
    const running = ask([folder, 'caption', '--sidecar', '-c', '1']);
    while (emulator.requests.length === 0) await new Promise(setImmediate);
    const claims = readdirSync(folder).filter((name) => name.startsWith('.describe-image-'));
    expect(claims).toHaveLength(2);
    expect(textsIn(folder)).toEqual({});
    expect((await running).exitCode).toBe(7);
    expect(textsIn(folder)).toEqual({ '0.txt': 'Zero.\n', '1.txt': 'One.\n' });
    expect(readdirSync(folder).filter((name) => name.startsWith('.describe-image-'))).toHaveLength(1);
  });

  it('leave nothing behind where there is no answer', () =>
    eachRow(['unavailable', 'blocked-prompt', 'bad-key'] as const, async (fault) => {
      const folder = folderOf(1);
      emulator.enqueue(faults[fault].reply);
      expect((await ask([folder, 'caption', '--sidecar', '--retries', '0'])).exitCode, fault).not.toBe(0);
      expect(readdirSync(folder)).toEqual(['0.png']);
    }));

  it('are replaced only once the new answer is complete', async () => {
    const folder = folderOf(1);
    writeFileSync(join(folder, '0.txt'), 'Old.\n');
    emulator.enqueue(faults['bad-key'].reply, { ...answerWith('New.'), delayMs: 20 });
    await ask([folder, 'caption', '--sidecar', '--overwrite']);
    expect(textsIn(folder)).toEqual({ '0.txt': 'Old.\n' });
    const running = ask([folder, 'caption', '--sidecar', '--overwrite']);
    while (emulator.requests.length < 2) await new Promise(setImmediate);
    expect(textsIn(folder)).toEqual({ '0.txt': 'Old.\n' });
    await running;
    expect(textsIn(folder)).toEqual({ '0.txt': 'New.\n' });
  });

  it('are neither written nor tried for by a dry run', async () => {
    const folder = folderOf(2);
    writeFileSync(join(folder, '0.txt'), 'Zero.\n');
    const before = statSync(folder).mtimeMs;
    const { exitCode, stdout } = await ask([folder, 'caption', '--sidecar', '--dry-run']);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('1 already answered'),
    });
    expect(statSync(folder).mtimeMs).toBe(before);
    expect(readdirSync(folder)).toEqual(['0.png', '0.txt', '1.png']);
  });

  it('are kept where they are, with a journal too', async () => {
    const folder = folderOf(1);
    writeFileSync(join(folder, '0.txt'), 'My notes.\n');
    emulator.enqueue(answerWith('Zero.'));
    await ask([folder, 'caption', '-o', join(folder, 'captions.jsonl'), '--sidecar']);
    expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('My notes.\n');
  });

  it('are never written over an image', async () => {
    const folder = folderOf(1);
    const picture = readFileSync(fixture('images/jfif.jpg'));
    writeFileSync(join(folder, '0.txt'), picture);
    emulator.enqueue(answerWith('Zero.'));
    await ask([join(folder, '0.png'), 'caption', '--sidecar', '--overwrite']);
    expect(readFileSync(join(folder, '0.txt')).equals(picture)).toBe(true);
    expect(readFileSync(join(folder, '0.png.txt'), 'utf8')).toBe('Zero.\n');
    writeFileSync(join(folder, '0.png.txt'), picture);
    const { exitCode, stderr } = await ask([join(folder, '0.png'), 'caption', '--sidecar', '--overwrite']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('0.png.txt is an image, which is not overwritten');
    expect((await ask([folder, 'caption', '--sidecar', '.jpg'])).stderr).toContain(
      '.jpg is an extension of images',
    );
  });

  it('are one for an image that was named twice, and one request', async () => {
    const folder = folderOf(1);
    emulator.enqueue(answerWith('Zero.'));
    const images = [join(folder, '0.png'), `${folder}/./0.png`, join(folder, '0.png')];
    const { exitCode, stderr } = await ask([...images, '-p', 'caption', '--sidecar']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('3 images: 1 answered, 2 kept');
  });

  it('that cannot be named fail alone, before anything is asked', async () => {
    const folder = folderOf(1);
    cpSync(join(folder, '0.png'), join(folder, `${'a'.repeat(250)}.png`));
    emulator.enqueue(answerWith('Zero.'));
    const { exitCode, stderr } = await ask([folder, 'caption', '--sidecar', '.caption.txt']);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('cannot be written: the name is too long');
    expect(readFileSync(join(folder, '0.caption.txt'), 'utf8')).toBe('Zero.\n');
  });

  it('are not looked for beside what is no file', async () => {
    const folder = folderOf(1);
    emulator.enqueue(answerWith('Zero.'));
    const { exitCode } = await ask([join(folder, '0.png'), '/etc/nosuch.png', '-p', 'caption', '--sidecar']);
    expect(exitCode).toBe(7);
    expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('Zero.\n');
  });

  it('are written from the journal where they are missing', async () => {
    const folder = folderOf(1);
    const output = join(folder, 'captions.jsonl');
    emulator.enqueue(answerWith('Zero.'));
    await ask([folder, 'caption', '-o', output]);
    expect((await ask([folder, 'caption', '-o', output, '--sidecar'])).stderr).toContain('1 image: 1 kept');
    expect(readFileSync(join(folder, '0.txt'), 'utf8')).toBe('Zero.\n');
  });
});

/** What is written beside images, by name. */
function textsIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
