import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerWith, faults, honest } from '../../src/emulator/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { type ProgramOptions, runProgram } from '../helpers/program.ts';
import { eachRow } from '../helpers/rows.ts';

const isWindows = process.platform === 'win32';
const emulator = useEmulator();
const png = fixture('images/rgb.png');
const jpeg = fixture('images/jfif.jpg');
const environment = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });
// Replies are queued in order, so images are asked about in order.
const ask = (argv: string[], options: ProgramOptions = {}) =>
  runProgram(['-c', '1', ...argv], { ...options, environment: { ...environment(), ...options.environment } });

describe('standard input', () => {
  it('is an image of any type, byte for byte', () =>
    eachRow([png, jpeg, fixture('images/photo.heic'), fixture('images/alpha.webp')], async (path) => {
      await emulator.renew();
      emulator.enqueue(honest);
      const { exitCode, stderr } = await ask(['-', 'what is this?'], { stdin: readFileSync(path) });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(sentImages()).toEqual([readFileSync(path).toString('base64')]);
    }));

  it('is sent again, whole, when the first attempt fails', async () => {
    emulator.enqueue(faults.unavailable.reply, honest);
    const stdin = Buffer.concat([readFileSync(png), Buffer.alloc(2_000_000, 'abc')]);
    expect(await ask(['-'], { stdin })).toMatchObject({ exitCode: 0 });
    expect(emulator.requests.map(({ body }) => body.length)).toEqual([
      emulator.requests[0]?.body.length,
      emulator.requests[0]?.body.length,
    ]);
    expect(sentImages(1)).toEqual([stdin.toString('base64')]);
  });

  it('that holds something else is no image', () =>
    eachRow(
      [
        ['nothing', '', 'standard input: empty, 0 bytes'],
        ['text', 'Hello.\n', 'standard input: text, not an image'],
        ['a web page', '<!doctype html><title>404</title>', 'standard input: a web page, not an image'],
      ],
      async ([_, stdin, message]) => {
        const { exitCode, stderr } = await ask(['-'], { stdin });
        expect(exitCode).toBe(3);
        expect(stderr).toContain(message);
      },
    ));

  it('of more bytes than a request may have is refused', async () => {
    const stdin = Buffer.concat([readFileSync(png), Buffer.alloc(20_000)]);
    const { exitCode, stderr } = await ask(['-', '--max-request-bytes', '10000'], { stdin });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^describe-image: standard input: larger than 10,000 bytes\n.*--max-request-bytes/,
    );
  });

  it('is not read twice, however it is named', () =>
    eachRow(
      [
        [['-', '-'], 'an image and an image'],
        [['-', '-p', '-'], 'an image and -p -'],
        [['-', '--files-from', '-'], 'an image and --files-from -'],
        [['--files-from', '-', '-p', '-'], '--files-from - and -p -'],
      ],
      async ([argv, readers]) => {
        const { exitCode, stdout, stderr } = await ask(argv, { stdin: readFileSync(png) });
        expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
        expect(stderr).toContain(`standard input can be read only once, not by ${readers}`);
      },
    ));

  it('that is a terminal is not waited for', async () => {
    const { exitCode, stderr } = await ask(['-', 'what is this?'], { isStdinTerminal: true });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('- reads standard input, which is a terminal');
  });
});

describe('a URL', () => {
  it('is fetched, and its bytes decide what it is', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-type', 'image/gif');
      response.end(readFileSync(png));
    });
    emulator.enqueue(honest);
    const { exitCode, stderr } = await ask([`${url}/photo.jpg?size=1`, 'what is this?']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(sentImages()).toEqual([readFileSync(png).toString('base64')]);
  });

  it('is fetched again when its server says so, and not where that takes too long', async () => {
    const waits = ['11', '0.5', '-4', '3600'];
    const url = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': waits.shift() }).end();
    });
    const { exitCode, stderr, waitsMs } = await ask([`${url}/a.png`]);
    expect({ exitCode, waitsMs }).toEqual({ exitCode: 3, waitsMs: [11_000, 1000, 2000] });
    expect(stderr).toContain('The server asks to wait 3600 s; see --max-wait and --retries.');
    expect(waits).toEqual([]);
  });

  it('is fetched again when the server is busy for a moment, and its image is sent twice when the API is', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      if (requests === 1) response.writeHead(503).end();
      else response.end(readFileSync(png));
    });
    emulator.enqueue(faults.unavailable.reply, honest);
    const { exitCode, stderr, waitsMs } = await ask([`${url}/a.png`]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('attempt 1 of 4 failed');
    expect(waitsMs.length).toBe(2);
    expect(requests).toBe(2);
  });

  it('that leads to something else is no image', () =>
    eachRow(
      [
        ['a web page', '<!doctype html><title>Photos</title>', 'a web page, '],
        ['bytes of no format', Buffer.of(1, 2, 3, 0xff), 'not a known image format, but served as image/png'],
        ['nothing', '', 'empty, '],
      ],
      async ([_, body, message]) => {
        const url = await serve((_request, response) => {
          response.setHeader('content-type', 'image/png');
          response.end(body);
        });
        const { exitCode, stdout, stderr } = await ask([`${url}/a.png`]);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).toContain(`describe-image: ${url}/a.png: ${message}`);
      },
    ));

  it('that leads to an endless stream of no image is left at once', async () => {
    const url = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'text\n')));
        response.once('drain', more);
      };
      more();
    });
    const { exitCode, stderr } = await ask([`${url}/a.png`]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('text, but');
  });

  it('is spoken of without the password in it', async () => {
    const url = await serve((_, response) => response.end(readFileSync(png)));
    emulator.enqueue(honest);
    const { stdout, stderr } = await ask([url.replace('//', '//jane:secret@'), '--json', '--verbose']);
    expect(stdout + stderr).not.toContain('secret');
    expect(JSON.parse(stdout).image).toBe(url);
  });

  it('gets nothing of the key', async () => {
    const heard: string[] = [];
    const url = await serve((request, response) => {
      heard.push(`${request.url} ${JSON.stringify(request.headers)}`);
      response.end(readFileSync(png));
    });
    emulator.enqueue(honest);
    await ask([`${url}/a.png`, '--auth', 'header']);
    expect(heard.join()).not.toContain('test-key');
  });
});

describe('the clipboard', () => {
  const fakeClipboard = (script: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'xclip'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: `${folder}:/usr/bin:/bin`, DISPLAY: ':0' };
  };

  it.skipIf(isWindows)('is an image, and the program that reads it does not get the key', async () => {
    const seen = join(temporaryFolder(), 'seen');
    const variables = fakeClipboard(
      `env > '${seen}'; case $* in *TARGETS*) echo image/png ;; *) cat '${png}' ;; esac`,
    );
    emulator.enqueue(honest);
    const { exitCode, stderr } = await ask(['--clipboard', 'what is this?'], { environment: variables });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(sentImages()).toEqual([readFileSync(png).toString('base64')]);
    expect(readFileSync(seen, 'utf8')).toContain(`DISPLAY=:0`);
    expect(readFileSync(seen, 'utf8')).not.toContain('test-key');
  });

  it.skipIf(isWindows)('is named when it holds no image', async () => {
    const variables = fakeClipboard('echo UTF8_STRING');
    const { exitCode, stderr } = await ask(['--clipboard'], { environment: variables });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^describe-image: clipboard: holds text, not an image\n {2}[^\n]+\n$/);
  });

  it.skipIf(isWindows)('says which program is missing', async () => {
    const { exitCode, stderr } = await ask(['--clipboard'], {
      environment: { PATH: temporaryFolder(), DISPLAY: ':0' },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('xclip is not installed');
  });
});

describe('several images', () => {
  it('are asked about one by one, in order, under their names', async () => {
    emulator.enqueue(answerWith('One.'), answerWith('Two.'));
    const { exitCode, stdout, stderr } = await ask([png, jpeg, 'what is this?']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`==> ${png} <==\nOne.\n\n==> ${jpeg} <==\nTwo.\n`);
    expect(emulator.requests.map(({ json }) => promptOf(json))).toEqual(['what is this?', 'what is this?']);
  });

  it('are all operands where -p gives the prompt', async () => {
    emulator.enqueue(answerWith('One.'), answerWith('Two.'));
    const { stdout } = await ask(['-p', 'what is this?', png, jpeg]);
    expect(stdout).toBe(`==> ${png} <==\nOne.\n\n==> ${jpeg} <==\nTwo.\n`);
  });

  it('are described when there is no prompt among the operands', async () => {
    emulator.enqueue(honest, honest);
    await ask([png, jpeg]);
    expect(promptOf(emulator.requests[1]?.json)).toBe('Describe this image.');
  });

  it('are one JSON object a line with --json', async () => {
    emulator.enqueue(answerWith('One.'), answerWith('Two.'));
    const { stdout } = await ask([png, jpeg, '--json']);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toMatchObject([
      { image: png, text: 'One.', images: [{ image: png, mimeType: 'image/png', width: 48, height: 32 }] },
      { image: jpeg, text: 'Two.', images: [{ mimeType: 'image/jpeg', orientation: 1, changes: [] }] },
    ]);
  });

  it('end with 7 when some fail, and the others are answered all the same', async () => {
    emulator.enqueue(answerWith('One.'), faults['blocked-answer'].reply, answerWith('Three.'));
    const missing = join(temporaryFolder(), 'missing.png');
    const { exitCode, stdout, stderr } = await ask([missing, png, jpeg, png, 'what is this?']);
    expect(exitCode).toBe(7);
    expect(stdout).toBe(`==> ${png} <==\nOne.\n\n==> ${png} <==\nThree.\n`);
    expect(stderr).toContain(`describe-image: ${missing}: no such file\n`);
    expect(stderr).toContain(`describe-image: ${jpeg}: `);
    expect(stderr).toContain('\ndescribe-image: 4 images: 2 answered, 2 failed\n');
  });

  it('stop at once where the key is refused, as the next would fail too', async () => {
    emulator.enqueue(faults['bad-key'].reply);
    const { exitCode, stdout, stderr } = await ask([png, jpeg, png, 'what is this?']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toContain('describe-image: 3 images: 3 not tried\n');
    expect(stderr.match(/the API refused/g)).toHaveLength(1);
  });

  it('have no line of their own in a heading, whatever they are called', async () => {
    emulator.enqueue(answerWith('One.'), answerWith('Two.'));
    const path = temporaryFile('a\n==> b <==\u001b[31m.png', readFileSync(png));
    const { stdout } = await ask([path, jpeg]);
    expect(stdout.split('\n')[0]).toMatch(/^==> \S+a ==> b <==\.png <==$/);
  });
});

describe('a folder', () => {
  it('is each of its images, the last operand being the prompt', async () => {
    const folder = folderOf({ '2.png': png, '10.jpg': jpeg });
    emulator.enqueue(answerWith('Two.'), answerWith('Ten.'));
    const { exitCode, stdout } = await ask([folder, 'caption']);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`==> ${folder}/2.png <==\nTwo.\n\n==> ${folder}/10.jpg <==\nTen.\n`);
  });

  it('is looked into below with -r', async () => {
    const folder = folderOf({ 'a.png': png, 'below/b.png': png });
    emulator.enqueue(answerWith('A.'), answerWith('B.'));
    const { stdout } = await ask([folder, '-r', 'caption']);
    expect(stdout).toBe(`==> ${folder}/a.png <==\nA.\n\n==> ${folder}/below/b.png <==\nB.\n`);
  });

  it('without images is an error', async () => {
    const { exitCode, stdout, stderr } = await ask([folderOf({}), 'caption']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('a folder without images\n');
  });
});

describe('a list', () => {
  it('names images a line, and what else it names is skipped', async () => {
    const folder = folderOf({ 'a b.png': png, 'c.jpg': jpeg, 'd.png': png });
    writeFileSync(join(folder, 'README.md'), 'text');
    const names = ['a b.png', 'README.md', 'gone.txt', 'c.jpg'].map((name) => `${folder}/${name}\n`);
    emulator.enqueue(answerWith('A.'), answerWith('C.'));
    const { exitCode, stdout, stderr } = await ask(['--files-from', '-', 'alt text'], {
      stdin: names.join(''),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`==> ${folder}/a b.png <==\nA.\n\n==> ${folder}/c.jpg <==\nC.\n`);
    expect(stderr).toBe(
      `describe-image: warning: ${folder}/README.md: not an image, skipped\n` +
        `describe-image: warning: ${folder}/gone.txt: not an image, skipped\n`,
    );
    expect(promptOf(emulator.requests[0]?.json)).toBe('alt text');
  });

  it('is a file, too, and its names may end with NUL', async () => {
    const list = temporaryFile('list', `${png}\0${jpeg}\0`);
    emulator.enqueue(answerWith('One.'), answerWith('Two.'));
    const { exitCode, stdout } = await ask(['--files-from', list, '-0', '-p', 'alt text']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `==> ${png} <==\nOne.\n\n==> ${jpeg} <==\nTwo.\n`,
    });
  });

  it('that names no image leaves nothing to do', async () => {
    const { exitCode, stdout, stderr } = await ask(['--files-from', '-', 'alt text'], { stdin: '' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toBe('describe-image: warning: no images in the list\n');
  });

  it('names a missing image, and that is a failure', async () => {
    const { exitCode, stderr } = await ask(['--files-from', '-'], { stdin: '/missing/a.png\n' });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('/missing/a.png: no such file');
  });

  it('that is not there is a usage error', async () => {
    const { exitCode, stderr } = await ask(['--files-from', '/missing/list']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the list /missing/list does not exist');
  });

  it('is what -0 is for', async () => {
    const { exitCode, stderr } = await ask(['-0', png]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--null requires --files-from');
  });
});

describe('images together', () => {
  it('go into one request, in order, with their names told', async () => {
    emulator.enqueue(answerWith('The second is larger.'));
    const { exitCode, stdout, stderr } = await ask([png, jpeg, '--together', 'what changed?']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe('The second is larger.\n');
    expect(emulator.requests[0]?.json).toMatchObject({
      contents: [
        {
          parts: [
            { text: 'what changed?' },
            { text: 'Image 1: rgb.png' },
            { inline_data: { mime_type: 'image/png' } },
            { text: 'Image 2: jfif.jpg' },
            { inline_data: { mime_type: 'image/jpeg' } },
          ],
        },
      ],
    });
  });

  it('may be one, which needs no name', async () => {
    emulator.enqueue(honest);
    await ask([png, '--together', 'what is this?']);
    expect(emulator.requests[0]?.json).toMatchObject({
      contents: [{ parts: [{ text: 'what is this?' }, {}] }],
    });
  });

  it('may be a folder and a stream', async () => {
    emulator.enqueue(honest);
    const folder = folderOf({ 'a.png': png, 'b.png': png });
    await ask([folder, '-', '--together', '-p', 'same?'], { stdin: readFileSync(jpeg) });
    expect(labelsOf(emulator.requests[0]?.json)).toEqual([
      'Image 1: a.png',
      'Image 2: b.png',
      'Image 3: standard input',
    ]);
  });

  it('are a list in JSON', async () => {
    emulator.enqueue(answerWith('Yes.'));
    const { stdout } = await ask([png, jpeg, '--together', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      images: [
        { image: png, mimeType: 'image/png' },
        { image: jpeg, mimeType: 'image/jpeg' },
      ],
      text: 'Yes.',
    });
  });

  it('fail together when one of them cannot be read', async () => {
    const { exitCode, stdout, stderr } = await ask([png, '/missing/b.png', '--together', 'same?']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('/missing/b.png: no such file');
  });

  it('are shown whole by a dry run', async () => {
    const { exitCode, stdout } = await ask([png, jpeg, '--together', '--dry-run', 'same?']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Image: ${png}, image/png, 48 × 32`);
    expect(stdout).toContain(`Image: ${jpeg}, image/jpeg, 48 × 32`);
  });
});

describe('the size of a request', () => {
  it('is bounded before anything is sent, and the message says what shrinks it', async () => {
    const { exitCode, stdout, stderr } = await ask([fixture('sunset.jpg'), '--max-request-bytes', '10000']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(
      /sunset\.jpg: the request would be [\d,]+ bytes, more than .*10,000\n.*--max-edge \d+\b.*--max-request-bytes\b.*\n$/,
    );
  });

  it('that the server refuses is answered with the same advice', async () => {
    emulator.enqueue(faults['too-large'].reply);
    const { exitCode, stderr } = await ask([png]);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('--max-edge 16');
  });
});

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    cpSync(from, join(folder, name));
  }
  return folder;
}

interface Part {
  readonly text?: string;
  readonly inline_data?: { readonly data: string };
}

function partsOf(json: unknown): readonly Part[] {
  return (json as { contents: [{ parts: Part[] }] }).contents[0].parts;
}

function promptOf(json: unknown): string | undefined {
  return partsOf(json)[0]?.text;
}

function labelsOf(json: unknown): (string | undefined)[] {
  return partsOf(json)
    .slice(1)
    .flatMap(({ text }) => (text === undefined ? [] : [text]));
}

function sentImages(request = 0): (string | undefined)[] {
  return partsOf(emulator.requests[request]?.json).flatMap(({ inline_data }) => inline_data?.data ?? []);
}
