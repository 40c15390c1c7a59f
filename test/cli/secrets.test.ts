import { chmodSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { type CannedReply, type FaultName, faults, honest } from '../../src/emulator/index.ts';
import { describeImage } from '../../src/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import { answer, startRawServer } from '../helpers/raw-server.ts';
import { eachRow } from '../helpers/rows.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');

/** The key as various things write it. */
const lower = (text: string) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase());
const numbered = (text: string, number: (code: string) => string) =>
  [...text].map((character) => number(character.charCodeAt(0).toString(16).padStart(4, '0'))).join('');

// Every character of it has a spelling of its own somewhere: in a URL, a form, JSON.
const key = `S3CRET!key(1)~x'2"3\\4%5+6/7`;
const spellings = [
  ...[
    key,
    encodeURIComponent(key),
    new URLSearchParams({ key }).toString().slice(4),
    JSON.stringify(key).slice(1, -1),
  ],
  // What is left when only the end was cut off or hidden.
  'S3CRET',
];
const environment = () => ({ GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: emulator.url });
const url = `/v1beta/models/m:generateContent?key=${encodeURIComponent(key)}&k=${key}`;

const modes: readonly (readonly string[])[] = [
  [],
  ['--json'],
  ['--raw'],
  ['--usage', '--verbose'],
  ['--debug'],
  ['--debug', '--json'],
  ['--quiet'],
  ['--auth', 'header', '--debug'],
  ['--auth', 'bearer', '--debug'],
];

/** Servers that say the key back, wherever there is room for it. */
const echoes: Readonly<Record<string, CannedReply>> = {
  'an error message': {
    status: 400,
    body: { error: { code: 400, status: 'INVALID_ARGUMENT', message: `Bad: ${url}` } },
  },
  'an error status': { status: 400, body: { error: { code: 400, status: key, message: key } } },
  'a message that is cut within it': {
    status: 500,
    body: { error: { message: `${'x'.repeat(285)} ${key}` } },
  },
  'a message that a control character splits': {
    status: 500,
    body: { error: { message: [...key].join('\u0000') + [...key].join('\u001b[0m') } },
  },
  'a message that invisible characters split': {
    status: 500,
    body: { error: { message: [...key].join('\u200b') + [...key].join('\u00ad') } },
  },
  'an error page': { status: 502, body: `<html><title>No ${url}</title></html>` },
  'plain text': { status: 503, body: url },
  'other spellings': {
    status: 400,
    body: {
      error: {
        message: [
          lower(key),
          encodeURIComponent(encodeURIComponent(key)),
          JSON.stringify(JSON.stringify({ key })),
          numbered(key, (code) => `\\u${code}`),
          numbered(key, (code) => `&#x${code.slice(2)};`),
        ].join(' or '),
      },
    },
  },
  'a redirect': {
    status: 302,
    headers: { location: encodeURI(`https://elsewhere.example/?k=${key}`) },
  },
  'a retried failure': { status: 503, body: { error: { message: url } } },
  'a block reason': { body: { promptFeedback: { blockReason: key } } },
  'a finish message': { body: { candidates: [{ finishReason: 'SAFETY', finishMessage: url }] } },
  'the answer': {
    body: { candidates: [{ content: { parts: [{ text: `You sent ${url}.` }] }, finishReason: 'STOP' }] },
  },
  'all else of an answer': {
    body: {
      candidates: [{ content: { parts: [{ text: 'A sunset.' }] }, finishReason: key }],
      modelVersion: key,
      responseId: key,
    },
  },
  'headers and JSON that is none': {
    headers: { 'x-request-url': encodeURI(`/?k=${key}`) },
    body: `{"candidates": ${url}`,
  },
};

it('never says a key that a redirect has in its host, where URLs lose their capitals', async () => {
  const hostKey = 'AIzaSyHost-Name-0123456789abc';
  for (const argv of [[], ['--debug'], ['--json']]) {
    emulator.enqueue({ status: 302, headers: { location: `https://x.${hostKey}.example/` } });
    const { exitCode, stdout, stderr } = await runProgram([sunset, ...argv], {
      environment: { ...environment(), GEMINI_API_KEY: hostKey },
    });
    expect(exitCode).toBe(5);
    expect(stderr).toContain('x.[key].example');
    expect((stdout + stderr).toLowerCase()).not.toContain('aizasyhost');
  }
});

it('keeps answers and JSON whole with a key that is a word of them, and redacts it where it is a credential', () =>
  eachRow(
    ['unused', 'prompt', 'candidates', '123456', 'text', 'STOP', 'true', 'image', 'key', 'jpeg'],
    async (word) => {
      await emulator.renew();
      const text = `The ${word} says "${word}", and ${word}1.`;
      const body = JSON.stringify({
        candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 123456, totalTokenCount: 123456 },
        echo: { url: `/v1beta?key=${word}`, headers: { 'x-goog-api-key': word } },
      });
      const whole = { stdout: '', exitCode: 0 };
      const run = async (...argv: string[]) => {
        emulator.enqueue({ body });
        return runProgram([sunset, `about ${word}`, ...argv], {
          environment: { ...environment(), GEMINI_API_KEY: word },
        });
      };
      expect(await run()).toMatchObject({ ...whole, stdout: `${text}\n` });
      const json = JSON.parse((await run('--json')).stdout);
      expect(json).toMatchObject({
        image: sunset,
        images: [{ mimeType: 'image/jpeg' }],
        text,
        finishReason: 'STOP',
      });
      expect(json).toMatchObject({ prompt: `about ${word}`, usage: { promptTokenCount: 123456 } });
      const raw = JSON.parse((await run('--raw')).stdout);
      expect(raw).toMatchObject({ ...JSON.parse(body), echo: { url: '/v1beta?key=[key]' } });
      expect(raw.echo.headers).toEqual({ 'x-goog-api-key': '[key]' });

      const journal = temporaryFile('answers.jsonl', '');
      expect(await run('-o', journal)).toMatchObject(whole);
      expect(JSON.parse(readFileSync(journal, 'utf8'))).toMatchObject({ image: sunset, text });
      const asked = emulator.requests.length;
      const again = [sunset, `about ${word}`, '-o', journal];
      await runProgram(again, { environment: { ...environment(), GEMINI_API_KEY: word } });
      expect(emulator.requests).toHaveLength(asked);

      emulator.enqueue({
        status: 400,
        body: { error: { message: `No: ${word} at /v1?key=${word}&x, ${word}.` } },
      });
      const refused = await runProgram([sunset, '--debug'], {
        environment: { ...environment(), GEMINI_API_KEY: word },
      });
      expect(refused.stderr).toContain(`No: ${word} at /v1?key=[key]&x, ${word}.`);
      for (const [auth, line] of [
        ['query', '?key=[key]'],
        ['header', 'x-goog-api-key: [key]'],
        ['bearer', 'authorization: Bearer [key]'],
      ] as const) {
        const { stdout } = await runProgram([sunset, `about ${word}`, '--dry-run', '--auth', auth], {
          environment: { ...environment(), GEMINI_API_KEY: word },
        });
        expect(stdout).toContain(line);
        expect(stdout).not.toContain(`key=${word}`);
        expect(stdout).toContain(`"text": "about ${word}"`);
      }
    },
  ));

it('never says the key that a server says, wherever it says it', () =>
  eachRow(Object.keys(echoes), async (name) => {
    const reply = echoes[name];
    if (reply === undefined) throw new Error(name);
    for (const mode of modes) {
      emulator.enqueue(reply);
      const { stdout, stderr } = await runProgram([sunset, '--retries', '0', ...mode], {
        environment: environment(),
      });
      expectNoKey(stdout + stderr);
    }
  }));

it('never says it in a wait for another attempt', async () => {
  const retried = echoes['a retried failure'];
  emulator.enqueue(retried ?? honest, honest);
  const { exitCode, stdout, stderr } = await runProgram([sunset], { environment: environment() });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('retrying');
  expectNoKey(stdout + stderr);
});

it('never says it after any fault', () =>
  eachRow(Object.keys(faults).filter((name) => name !== 'hang') as FaultName[], async (name) => {
    for (const mode of [[], ['--debug', '-v']]) {
      emulator.enqueue(faults[name].reply);
      const { stdout, stderr } = await runProgram([sunset, '--retries', '0', ...mode], {
        environment: environment(),
      });
      expectNoKey(stdout + stderr);
    }
  }));

it('never says it, wherever it is written in the arguments', () =>
  eachRow(
    [
      ['a dry run', [sunset, '--dry-run']],
      ['a dry run with a header', [sunset, '--dry-run', '--auth', 'header']],
      ['a dry run with a token', [sunset, '--dry-run', '--auth', 'bearer']],
      ['a prompt', [sunset, key, '--dry-run']],
      [
        'the path of a base URL',
        [sunset, '--base-url', `https://gw.test/${encodeURIComponent(key)}`, '--dry-run'],
      ],
      [
        'a base URL with a query',
        [sunset, '--base-url', `https://gw.test/v1?key=${encodeURIComponent(key)}`],
      ],
      ['a base URL with a password', [sunset, '--base-url', 'https://me:S3CRET@gw.test']],
      ['a base URL that is none', [sunset, '--base-url', 'gw.test/?key=S3CRET']],
      ['--api-key', [sunset, '--api-key', 'S3CRET']],
      ['--api-key=', [sunset, '--api-key=S3CRET']],
      ['--api_key=', [sunset, '--api_key=S3CRET']],
      ['--apikey', [sunset, '--apikey', 'S3CRET']],
      ['--key', [sunset, '--key', 'S3CRET']],
      ['--apikey without a space', [sunset, '--apikeyS3CRET']],
      ['--api-key without a space', [sunset, '--api-keyS3CRET']],
      ['--token without a space', [sunset, '--tokenS3CRET']],
      ['-k without a space', [sunset, '-kS3CRET']],
      ['no option at all', [sunset, '--AIzaS3CRET-0123456789']],
      ['an unknown option', [sunset, '--token=S3CRET']],
      ['--api-key-file with the key itself', [sunset, '--api-key-file', 'S3CRET']],
      ['a model', [sunset, '--model', key]],
      ['an image', [key]],
    ],
    async ([_, argv]) => {
      for (const mode of [[], ['--debug']]) {
        const { stdout, stderr } = await runProgram([...argv, ...mode], { environment: environment() });
        expectNoKey(stdout + stderr);
      }
    },
  ));

it('does not say back in JSON what was written into the prompt or the name of the image', async () => {
  emulator.enqueue(honest);
  const { stdout } = await runProgram([sunset, `tell ${key}`, '--json'], { environment: environment() });
  expect(JSON.parse(stdout).prompt).toBe('tell [key]');
  expectNoKey(stdout);
});

it('puts it into no error, cause, notice or answer of the library', async () => {
  const options = { apiKey: key, baseUrl: emulator.url, retries: 1, maxWaitMs: 1 };
  for (const reply of Object.values(echoes)) {
    const told: unknown[] = [];
    emulator.enqueue(reply);
    const asked = describeImage(sunset, {
      ...options,
      retries: 0,
      onWarning: (warning) => told.push(warning),
      onRetry: (notice) => told.push(notice),
    });
    told.push(await asked.catch((error: unknown) => error));
    expectNoKey(inspect(told, { depth: 10 }));
  }
});

it('leaves no byte of an answer that holds the key in a cause', async () => {
  const server = await startRawServer(answer(`HTTP/1.1 200 OK\r\nno header ${key}\r\n\r\n`));
  const asked = describeImage(sunset, { apiKey: key, baseUrl: server.url, retries: 0 });
  const error = await asked.catch((failure: unknown) => failure);
  expect(error).toMatchObject({ kind: 'network', cause: expect.any(Error) });
  const found: unknown[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    for (const name of Reflect.ownKeys(cause)) found.push(String(Reflect.get(cause, name)));
  expectNoKey(found.join(' '));
});

it.skipIf(process.platform === 'win32')('warns of a key file that others can read', async () => {
  const path = temporaryFile('key', key);
  for (const [mode, count] of [
    [0o600, 0],
    [0o640, 1],
    [0o604, 1],
  ] as const) {
    chmodSync(path, mode);
    emulator.enqueue(honest);
    const { stderr } = await runProgram([sunset, '--api-key-file', path], { environment: environment() });
    expect(stderr.split('can read the key file')).toHaveLength(count + 1);
  }
});

function expectNoKey(text: string): void {
  for (const spelling of spellings) expect(text).not.toContain(spelling);
}
