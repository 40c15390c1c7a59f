import { describe, expect, test } from 'vitest';
import { faults, runEmulator, startEmulator } from '../../src/emulator/index.ts';
import { temporaryFile } from '../helpers/files.ts';
import { ask, good, imagePart, path, post } from './requests.ts';

/** Runs the command; `url` is known once it listens. */
function run(...argv: string[]) {
  const ended = new AbortController();
  const out: string[] = [];
  const error: string[] = [];
  let listening: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const stdout = {
    write: (text: string) => {
      out.push(text);
      listening(text.trim());
    },
  };
  const stderr = { write: (text: string) => error.push(text) };
  const code = runEmulator(argv, { stdout, stderr, signal: ended.signal });
  const end = (reason?: unknown) => ended.abort(reason);
  return { code, url, end, stdout: () => out.join(''), stderr: () => error.join('') };
}

async function ask200(url: string, body: unknown = good, where = `${path}?key=secret`): Promise<number> {
  return (await post({ url } as Parameters<typeof post>[0], body, { path: where })).status;
}

describe('describe-image-emulator', () => {
  test('prints its address, and only that, on standard output', async () => {
    const command = run();
    const url = await command.url;
    expect(command.stdout()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(command.stderr().split('\n')).toEqual([
      'Listening. In another terminal:',
      `  GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=emulator describe-image photo.jpg`,
      '',
    ]);
    command.end(143);
    expect(await command.code).toBe(143);
  });

  test('says one line for each request and hides the key', async () => {
    const command = run('--key', 'secret');
    const url = await command.url;
    const before = command.stderr().length;
    await ask200(url);
    await ask200(url, {}, `${path}?alt=json&k%65y=secret`);
    await ask200(url, ask([{ '\u001b[31mred': 1 }]));
    await ask200(url, ask([imagePart('rgb.png', 'image/jpg')]));
    expect(command.stderr().slice(before).split('\n')).toEqual([
      `POST ${path}?key=[key] 200 · image/jpeg, 48 × 32, 686 bytes`,
      expect.stringMatching(/\?alt=json&k%65y=\[key\] 400 · \* Gen.*contents is not specified$/),
      expect.stringContaining('Unknown name "?[31mred"'),
      expect.stringMatching(/ 400 · image\/jpg, .* · Unsupported MIME type: image\/jpg$/),
      '',
    ]);
    expect(command.stderr()).not.toContain('secret');
    command.end();
    expect(await command.code).not.toBe(2);
  });

  test('says nothing when told to be quiet', async () => {
    const command = run('--quiet', '--model', 'house');
    const url = await command.url;
    expect(await ask200(url, good, '/v1beta/models/house:generateContent?key=k')).toBe(200);
    command.end(130);
    expect(await command.code).toBe(130);
    expect(command.stderr()).toBe('');
  });

  test('answers the first requests with faults, in order and as often as told', async () => {
    const command = run('--fault', 'rate-limit', '--fault=unavailable', '--times', '2', '--delay', '1');
    const url = await command.url;
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push(await ask200(url));
    expect(statuses).toEqual([429, 429, 503, 503, 200]);
    command.end();
    await command.code;
  });

  test('answers every request with a fault', async () => {
    const command = run('--fault', 'no-credit', '--forever');
    const url = await command.url;
    expect([await ask200(url), await ask200(url), await ask200(url)]).toEqual([402, 402, 402]);
    command.end();
    await command.code;
  });

  test('answers good requests with a text, after the faults', async () => {
    const file = temporaryFile('answer.txt', 'größer\n');
    for (const [argument, text] of [
      ['A boat.', 'A boat.'],
      [`@${file}`, 'größer\n'],
    ] as const) {
      const command = run('--answer', argument, '--fault', 'unavailable');
      const url = await command.url;
      expect([await ask200(url), await ask200(url, {})]).toEqual([503, 400]);
      const reply = await post({ url } as Parameters<typeof post>[0], good);
      const { candidates } = (await reply.json()) as {
        candidates: { content: { parts: { text: string }[] } }[];
      };
      expect(candidates[0]?.content.parts.map((part) => part.text).join('')).toBe(text);
      command.end();
      await command.code;
    }
  });

  test('takes the size of a body from the command line', async () => {
    const command = run('--body-limit', '1', '--body-limit', '100', '--host', 'localhost');
    expect(await ask200(await command.url)).toBe(400);
    expect(command.stderr()).toContain('Request payload size exceeds the limit: 100 bytes.');
    command.end();
    await command.code;
  });

  test('ends at once where the signal was raised before', async () => {
    const command = run();
    command.end(130);
    expect(await command.code).toBe(130);
  });

  test('lists every fault with what it simulates', async () => {
    const command = run('--list-faults');
    expect(await command.code).toBe(0);
    const lines = command.stdout().trim().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual(
      Object.entries(faults).map(([name, { about }]) => [name, about]),
    );
  });

  test('explains itself', async () => {
    const command = run('--help');
    expect(await command.code).toBe(0);
    expect(command.stdout()).toMatch(/^Usage: describe-image-emulator/);
    expect(command.stderr()).toBe('');
  });

  test('refuses a wrong command line in two lines, with exit code 2', async () => {
    for (const [argv, says] of wrongCommandLines) {
      const command = run(...argv);
      expect(await command.code, argv.join(' ')).toBe(2);
      expect(command.stdout()).toBe('');
      expect(command.stderr()).toMatch(says);
      expect(command.stderr()).toMatch(
        /^describe-image-emulator: .+\nSee describe-image-emulator --help\.\n$/,
      );
    }
  });

  test('says so where the port is taken', async () => {
    const other = await startEmulator();
    const port = new URL(other.url).port;
    const command = run('--port', port);
    expect(await command.code).toBe(2);
    expect(command.stderr()).toBe(
      `describe-image-emulator: port ${port} is in use; omit --port to use a free one\n`,
    );
    await other.close();
  });
});

const wrongCommandLines: readonly (readonly [argv: string[], says: RegExp])[] = [
  [['--prot', '1'], /unknown option '--prot'/],
  [['photo.jpg'], /unexpected argument 'photo\.jpg'/],
  [['--port'], /--port/],
  [['--port', '70000'], /--port takes a whole number from 0 to 65535, not 70000/],
  [['--port', '1e3'], /not 1e3/],
  [['--host', '0.0.0.0'], /0\.0\.0\.0 is not a loopback address/],
  [['--host', 'example.com'], /not a loopback address/],
  [['--fault', 'rain'], /there is no fault rain; --list-faults/],
  [['--fault', 'toString'], /there is no fault toString/],
  [['--times', '0', '--fault', 'cut'], /--times takes a whole number/],
  [['--times', '2'], /--times requires a --fault/],
  [['--forever'], /--forever requires exactly one --fault/],
  [['--forever', '--fault', 'cut', '--times', '2'], /--forever and --times/],
  [['--delay', '-1'], /--delay/],
  [['--stream-delay', 'x'], /--stream-delay takes a whole number/],
  [['--answer', '@/no/such/file'], /cannot read the answer: .*\/no\/such\/file/],
  [['--answer', 'hm', '--forever', '--fault', 'cut'], /--forever and --answer/],
  [['--body-limit', '0'], /--body-limit takes a whole number/],
  [['--key', ''], /--key must not be empty/],
];
