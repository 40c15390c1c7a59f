import { chmodSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { type CannedReply, type FaultName, faults, honest } from '../../src/emulator/index.ts';
import { describe as describeImage } from '../../src/index.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';

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

it.each(Object.keys(echoes))('never says the key that a server says in %s', async (name) => {
  const reply = echoes[name];
  if (reply === undefined) throw new Error(name);
  for (const mode of modes) {
    emulator.enqueue(reply);
    const { stdout, stderr } = await runProgram([sunset, '--retries', '0', ...mode], {
      environment: environment(),
    });
    expectNoKey(stdout + stderr);
  }
});

it('never says it in a wait for another attempt', async () => {
  const retried = echoes['a retried failure'];
  emulator.enqueue(retried ?? honest, honest);
  const { exitCode, stdout, stderr } = await runProgram([sunset], { environment: environment() });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('trying again');
  expectNoKey(stdout + stderr);
});

it.each(Object.keys(faults).filter((name) => name !== 'hang') as FaultName[])(
  'never says it after %s',
  async (name) => {
    for (const mode of [[], ['--debug', '-v']]) {
      emulator.enqueue(faults[name].reply);
      const { stdout, stderr } = await runProgram([sunset, '--retries', '0', ...mode], {
        environment: environment(),
      });
      expectNoKey(stdout + stderr);
    }
  },
);

it.each([
  ['a dry run', [sunset, '--dry-run']],
  ['a dry run with a header', [sunset, '--dry-run', '--auth', 'header']],
  ['a dry run with a token', [sunset, '--dry-run', '--auth', 'bearer']],
  ['a prompt', [sunset, key, '--dry-run']],
  [
    'the path of a base URL',
    [sunset, '--base-url', `https://gw.test/${encodeURIComponent(key)}`, '--dry-run'],
  ],
  ['a base URL with a query', [sunset, '--base-url', `https://gw.test/v1?key=${encodeURIComponent(key)}`]],
  ['a base URL with a password', [sunset, '--base-url', 'https://me:S3CRET@gw.test']],
  ['a base URL that is none', [sunset, '--base-url', 'gw.test/?key=S3CRET']],
  ['--api-key', [sunset, '--api-key', 'S3CRET']],
  ['--api-key=', [sunset, '--api-key=S3CRET']],
  ['--api_key=', [sunset, '--api_key=S3CRET']],
  ['--apikey', [sunset, '--apikey', 'S3CRET']],
  ['--key', [sunset, '--key', 'S3CRET']],
  ['an unknown option', [sunset, '--token=S3CRET']],
  ['--api-key-file with the key itself', [sunset, '--api-key-file', 'S3CRET']],
  ['a model', [sunset, '--model', key]],
  ['an image', [key]],
])('never says it when it is written into %s', async (_, argv) => {
  for (const mode of [[], ['--debug']]) {
    const { stdout, stderr } = await runProgram([...argv, ...mode], { environment: environment() });
    expectNoKey(stdout + stderr);
  }
});

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
    expect(stderr.split('others can read the key file')).toHaveLength(count + 1);
  }
});

function expectNoKey(text: string): void {
  for (const spelling of spellings) expect(text).not.toContain(spelling);
}
