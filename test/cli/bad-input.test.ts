import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import { eachRow } from '../helpers/rows.ts';
import { asOrdinaryUser } from '../helpers/user.ts';

// Nobody listens there, and nothing here gets as far as asking.
const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9' };
const ask = (...argv: string[]) => runProgram(argv, { environment });
const sunset = fixture('sunset.jpg');
const isWindows = process.platform === 'win32';

describe('a wrong command line exits 2 and says what would be right', () => {
  it('whatever is wrong with it', () =>
    eachRow<[string[], string]>(
      [
        [[], 'no image given'],
        [['-p', 'what is this?'], 'no image given'],
        [[''], 'the name of an image is empty'],
        [[sunset, ''], 'the prompt is empty'],
        [[sunset, '  '], 'the prompt is empty'],
        [[sunset, '-p', ''], '--prompt: is empty'],
        [[sunset, 'what', 'is', 'this'], 'Put the prompt in quotes'],
        [[sunset, 'what', 'b.jgp.png'], 'Put the prompt in quotes'],
        [['what is this?', sunset], `Put the image first: describe-image ${sunset} "what is this?"`],
        [[sunset, 'what', '-p', 'is this'], 'two prompts'],
        [['https://'], 'is not a valid URL'],
        [['https://user:secret@'], 'https:// is not a valid URL'],
        [[sunset, '--max-edge', '0'], '--max-edge: must be a whole number from 1 to 65535, not "0"'],
        [[sunset, '--max-request-bytes', '20MB'], '--max-request-bytes: must be a whole number'],
        [[sunset, '--temprature', '1'], 'Did you mean --temperature?'],
        [[sunset, '--temp', '1'], 'Did you mean --temperature?'],
        [[sunset, '--max-o', '1'], 'Did you mean --max-output-tokens?'],
        [[sunset, '--max-re', '1'], 'Did you mean --max-request-bytes?'],
        [['-?.jpg', 'what is this?'], 'after --'],
        [[sunset, '--max-tokens', '1'], 'unknown option --max-tokens'],
        [[sunset, '-x'], 'unknown option -x'],
        [[sunset, '--temperature'], 'argument missing'],
        ...['2.1', '-0.1', '1e999', 'NaN', 'Infinity', '0x1', '', ' ', '1,5', 'warm'].map(
          (value): [string[], string] => [
            [sunset, '--temperature', value],
            `--temperature: must be a number from 0 to 2, not ${JSON.stringify(value)}`,
          ],
        ),
        [[sunset, '--temperature=3'], '--temperature: must be a number from 0 to 2, not "3"'],
        [[sunset, '--top-p', '1.01'], '--top-p: must be a number from 0 to 1, not "1.01"'],
        [[sunset, '--topP', 'x'], '--top-p: must be a number from 0 to 1, not "x"'],
        ...['0', '-1', '1.5', '0x10', '1e3', '', '99999999999'].map((value): [string[], string] => [
          [sunset, '--max-output-tokens', value],
          `--max-output-tokens: must be a whole number of 1 or more, not ${JSON.stringify(value)}`,
        ]),
        [[sunset, '--top-k', '0'], '--top-k: must be a whole number of 1 or more, not "0"'],
        [[sunset, '--seed', '2147483648'], '--seed: must be a whole number'],
        [[sunset, '--seed', 'x'], '--seed: must be a whole number'],
        [[sunset, '--thinking-budget', '-2'], '--thinking-budget: must be a whole number of -1 or more'],
        [
          [sunset, '--thinking-level', 'deep'],
          '--thinking-level: must be one of minimal, low, medium, high, not "deep"',
        ],
        [[sunset, '--media-resolution', 'x'], '--media-resolution: must be one of low, medium, high'],
        [[sunset, '--auth', 'basic'], '--auth: must be one of query, header, bearer'],
        [[sunset, '--thinking-budget', '1', '--thinking-level', 'low'], 'cannot be combined with'],
        [[sunset, '--json', '--raw'], 'cannot be combined with'],
        [[sunset, '-q', '-v'], 'cannot be combined with'],
        [
          [sunset, ...'abcdef'.split('').flatMap((text) => ['--stop', text])],
          '--stop: at most 5 times, not 6',
        ],
        [[sunset, '--stop', ''], '--stop: is empty'],
        [[sunset, '--model', 'a b'], '--model: "a b" is not the name of a model'],
        [[sunset, '--model', '../x'], 'is not the name of a model'],
        [[sunset, '--model', 'x?key=1'], 'is not the name of a model'],
        [[sunset, '--mime-type', 'image/jpg'], 'image/jpeg'],
        [[sunset, '--mime-type', 'jpeg'], '--mime-type: must be a MIME type'],
        [[sunset, '--timeout', '0'], '--timeout: must be a number'],
        [[sunset, '--retries', '-1'], '--retries: must be a whole number'],
        [[sunset, '--api-version', 'v9/../x'], '--api-version: must be a version'],
        [[sunset, '--api-version', 'beta'], '--api-version: must be a version'],
        [
          [sunset, '--api-version', 'v1', '--base-url', 'https://gw.test/v1beta'],
          '--api-version cannot be combined with',
        ],
        [[sunset, '--base-url', 'gw.test'], '--base-url: the base URL gw.test is not a URL'],
        [[sunset, '--base-url', 'ftp://gw.test'], 'neither http nor https'],
        [[sunset, '--base-url', 'http://gw.test'], 'plain http to another machine'],
        [[sunset, '-p', '@/nowhere/prompt.txt'], 'the prompt file /nowhere/prompt.txt does not exist'],
        [[sunset, '-p', `@${fixture('images')}`], 'is a folder'],
        [[sunset, '-p', `@${fixture('images/rgb.png')}`], 'is not UTF-8 text'],
        [[sunset, '-p', `@${fixture('images/empty.bin')}`], 'contains no prompt'],
        [[sunset, '-p', '-'], 'standard input contains no prompt'],
      ],
      async ([argv, sentence]) => {
        const { exitCode, stdout, stderr } = await ask(...argv);
        expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
        expect(stderr).toContain(sentence);
        expect(stderr).toMatch(/^describe-image: [^\n]+\n(?: {2}[^\n]+\n)?$/);
      },
    ));

  it('explains why there is no --api-key, and does not repeat the key', async () => {
    for (const argv of [['--api-key', 'hunter2'], ['--api-key=hunter2'], ['--apiKey', 'hunter2']]) {
      const { exitCode, stdout, stderr } = await ask(sunset, ...argv);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain('there is no --api-key');
      expect(stderr).toContain('--api-key-file');
      expect(stderr).not.toContain('hunter2');
    }
  });

  it('names the variable when the environment is wrong', async () => {
    const { exitCode, stderr } = await runProgram([sunset], {
      environment: { ...environment, DESCRIBE_IMAGE_MODEL: 'a b' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('DESCRIBE_IMAGE_MODEL: "a b" is not the name of a model');
  });
});

describe('a missing key exits 4', () => {
  it('wherever the key was to come from', () =>
    eachRow<[string, Record<string, string>, string[], string]>(
      [
        ['no variable', {}, [], 'neither GEMINI_API_KEY nor GOOGLE_API_KEY is set'],
        [
          'empty variables',
          { GEMINI_API_KEY: ' ', GOOGLE_API_KEY: '' },
          [],
          'https://aistudio.google.com/apikey',
        ],
        ['no variable', {}, [], 'https://aistudio.google.com/apikey'],
        ['an empty variable', { GEMINI_API_KEY: ' ' }, [], 'no API key: GEMINI_API_KEY set but empty'],
        ['a key that cannot be one', { GEMINI_API_KEY: 'two words' }, [], 'invalid characters'],
        ['no key file', {}, ['--api-key-file', '/nowhere/key'], 'the key file does not exist'],
        ['an empty key file', {}, ['--api-key-file', fixture('images/empty.bin')], 'is empty'],
        ['a key file that is a picture', {}, ['--api-key-file', sunset], 'is not UTF-8 text'],
      ],
      async ([_, variables, argv, sentence]) => {
        const { exitCode, stdout, stderr } = await runProgram([sunset, ...argv], { environment: variables });
        expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
        expect(stderr).toContain(sentence);
      },
    ));
});

describe('an image that cannot be sent exits 3 and is named for what it is', () => {
  it('whatever it is', () =>
    eachRow(
      [
        ['/nowhere/photo.jpg', 'no such file'],
        [`${sunset}/photo.jpg`, 'no such file'],
        [fixture('images/empty.bin'), 'empty, 0 bytes'],
        [fixture('images/still.gif'), 'a GIF image, which the API does not accept'],
        [fixture('images/windows.bmp'), 'a BMP image, which the API does not accept'],
        [fixture('images/os2.bmp'), 'a BMP image, which the API does not accept'],
        [fixture('images/little-endian.tif'), 'a TIFF image, which the API does not accept'],
        [fixture('images/bigtiff.tif'), 'a TIFF image, which the API does not accept'],
        [fixture('images/photo.avif'), 'an AVIF image, which the API does not accept'],
        [fixture('images/plain.svg'), 'an SVG drawing, which the API does not accept'],
        [fixture('images/utf16.svg'), 'an SVG drawing, which the API does not accept'],
        [fixture('images/page.pdf'), 'a PDF document, not an image'],
        [fixture('images/codestream.jxl'), 'a JPEG XL image, which the API does not accept'],
        [fixture('images/container.jxl'), 'a JPEG XL image, which the API does not accept'],
        [fixture('images/clip.mp4'), 'an MP4 video, not an image'],
        [fixture('images/clip.mov'), 'a QuickTime video, not an image'],
        [fixture('images/clip.webm'), 'a WebM video, not an image'],
        [fixture('images/notes.txt'), 'text, not an image'],
        [fixture('images/git-lfs-pointer.txt'), 'a Git LFS pointer'],
      ],
      async ([path, sentence]) => {
        const { exitCode, stdout, stderr } = await ask(path, 'what is this?', '--no-convert');
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).toMatch(/^describe-image: [^\n]+\n {2}[^\n]+\n$/);
        expect(stderr).toContain(`describe-image: ${path}: ${sentence}`);
      },
    ));

  it('says how to convert it', () =>
    eachRow(
      [
        ['still.gif', 'magick'],
        ['windows.bmp', 'magick'],
        ['little-endian.tif', 'magick'],
        ['photo.avif', 'avifdec'],
        ['plain.svg', 'rsvg-convert'],
        ['page.pdf', 'pdftoppm'],
        ['codestream.jxl', 'djxl'],
        ['clip.mp4', 'ffmpeg'],
      ],
      async ([file, command]) => {
        expect((await ask(fixture(`images/${file}`), '--no-convert')).stderr).toContain(
          `Convert it first: ${command} `,
        );
      },
    ));

  it('sees text behind the name .png, and a ZIP archive behind .jpg', async () => {
    const text = await ask(temporaryFile('picture.png', 'Not Found\n'));
    expect(text).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('text, but named as image/png'),
    });
    const archive = await ask(temporaryFile('photo.jpg', 'PK\u0003\u0004…'));
    expect(archive.stderr).toContain('a ZIP archive, but named as image/jpeg');
  });

  it('does not take a mistyped file for a question', async () => {
    const { exitCode, stderr } = await ask(fixture('b.jgp.png'));
    expect(exitCode).toBe(3);
    expect(stderr).toContain('no such file');
  });

  it('shows a name with line ends and escape sequences on one harmless line', async () => {
    const { stderr } = await ask('a\nb\u001b[31m\u0007.png');
    expect(stderr.split('\n')[0]).toBe('describe-image: a b.png: no such file');
  });

  it.skipIf(isWindows)(
    'names a broken link, a link to itself, a pipe, a device, and what it may not read',
    async () => {
      const folder = temporaryFolder();
      symlinkSync('nowhere', join(folder, 'broken.png'));
      symlinkSync('loop.png', join(folder, 'loop.png'));
      execFileSync('mkfifo', [join(folder, 'pipe.png')]);
      expect((await ask(join(folder, 'broken.png'))).stderr).toContain(
        'a symbolic link to a file that does not exist',
      );
      expect((await ask(join(folder, 'loop.png'))).stderr).toContain('too many symbolic links');
      expect((await ask(join(folder, 'pipe.png'))).stderr).toContain('a pipe, not a file');
      expect((await ask('/dev/zero')).stderr).toContain('a device, not a file');
      expect((await ask('/dev/zero')).exitCode).toBe(3);
    },
  );

  it.skipIf(isWindows)('names a file it may not read', async () => {
    const folder = temporaryFolder();
    const secret = join(folder, 'secret.png');
    writeFileSync(secret, 'x');
    chmodSync(folder, 0o755);
    chmodSync(secret, 0o000);
    const { exitCode, stderr } = await asOrdinaryUser(() => ask(secret));
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`${secret}: permission denied`);
  });

  it('does not read a prompt or a key without bound', async () => {
    const large = temporaryFile('large.txt', Buffer.alloc(4 * 1024 * 1024 + 1, 'x'));
    expect(await ask(sunset, '-p', `@${large}`)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is larger than'),
    });
    expect(await ask(sunset, '--api-key-file', large)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('is larger than'),
    });
  });

  it('takes a folder named like an image for a folder', async () => {
    const folder = join(temporaryFolder(), 'photos.png');
    mkdirSync(folder);
    expect((await ask(folder)).stderr).toContain('a folder without images');
  });
});
