import { readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FaultName, faults, startEmulator } from '../../src/emulator/index.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import {
  answer,
  answerAndStay,
  answerEarly,
  type Behaviour,
  goodBody,
  http,
  startRawServer,
} from '../helpers/raw-server.ts';
import { eachRow } from '../helpers/rows.ts';

/** What happens on the wire, and what a person sees of it. */
interface Row {
  readonly wire: FaultName | Behaviour[];
  readonly exitCode: number;
  readonly attempts: number;
  readonly stdout?: string;
  readonly stderr: string | RegExp;
  readonly argv?: readonly string[];
  /** Sends 30 MB, so that the upload is still running when the server acts. */
  readonly isLarge?: boolean;
}

const { brotliCompressSync, deflateRawSync, gzipSync } = zlib;
/** Not in every Node. */
const { zstdCompressSync: zstd } = zlib as { readonly zstdCompressSync?: (text: string) => Buffer };
const json = ['Content-Type: application/json'];
const soon = ['--timeout', '0.5', '--retries', '1'];
const error = (code: number, status: string, ...details: object[]) =>
  JSON.stringify({ error: { code, status, message: 'Because.', details } });
const good = answer(http('200 OK', json, goodBody()));
const utf8 = Buffer.from(goodBody('größer 🌅 日本'));

const rows: Readonly<Record<string, Row>> = {
  // What the API says.
  'a damaged image': { wire: 'bad-image', exitCode: 5, attempts: 1, stderr: 'The image may be damaged' },
  'the wrong region': {
    wire: 'failed-precondition',
    exitCode: 5,
    attempts: 1,
    stderr: 'Check the region and the billing',
  },
  'a bad key, which is a 400': { wire: 'bad-key', exitCode: 4, attempts: 1, stderr: 'Check the key' },
  'a key that is not known': {
    wire: 'unauthenticated',
    exitCode: 4,
    attempts: 1,
    stderr: 'refused the key (HTTP 401',
  },
  'no credit': { wire: 'no-credit', exitCode: 5, attempts: 1, stderr: 'Add credit to the account' },
  'a key without the right': {
    wire: 'no-permission',
    exitCode: 4,
    attempts: 1,
    stderr: 'refused the key (HTTP 403',
  },
  'an unknown model': {
    wire: 'unknown-model',
    exitCode: 5,
    attempts: 1,
    stderr: 'Check --model, --base-url and --api-version',
  },
  'a rate limit without a wait': {
    wire: 'rate-limit-bare',
    exitCode: 5,
    attempts: 4,
    stderr: 'Wait a minute',
  },
  'a daily quota': { wire: 'daily-quota', exitCode: 5, attempts: 1, stderr: 'midnight Pacific time' },
  'an internal error': { wire: 'internal', exitCode: 5, attempts: 4, stderr: 'the server failed (HTTP 500' },
  'an overloaded model': {
    wire: 'unavailable',
    exitCode: 5,
    attempts: 4,
    stderr: 'the server failed (HTTP 503',
  },
  'a deadline': { wire: 'deadline', exitCode: 5, attempts: 4, stderr: 'the server failed (HTTP 504' },
  'an error in an array': { wire: 'array-error', exitCode: 5, attempts: 4, stderr: /HTTP (429|5\d\d)/ },
  'a blocked prompt': {
    wire: 'blocked-prompt',
    exitCode: 6,
    attempts: 1,
    stderr: 'blocked the prompt or the image (SAFETY)',
  },
  'a blocked answer': {
    wire: 'blocked-answer',
    exitCode: 6,
    attempts: 1,
    stderr: 'blocked the response (SAFETY)',
  },
  'an answer blocked midway': {
    wire: 'blocked-midway',
    exitCode: 6,
    attempts: 1,
    stderr: 'blocked the response partway (SAFETY)',
  },
  'a recitation': {
    wire: 'recitation',
    exitCode: 6,
    attempts: 1,
    stderr: 'blocked the response (RECITATION)',
  },
  'an empty answer': { wire: 'no-parts', exitCode: 6, attempts: 4, stderr: 'an empty answer (STOP)' },
  'thoughts and no answer': {
    wire: 'thoughts-only',
    exitCode: 6,
    attempts: 4,
    stderr: 'thoughts but no answer',
  },
  'a budget thought away': {
    wire: 'max-tokens-empty',
    exitCode: 6,
    attempts: 1,
    stderr: 'Raise --max-output-tokens',
  },

  // What gateways and proxies say.
  'a bad gateway': { wire: 'bad-gateway', exitCode: 5, attempts: 4, stderr: 'the server failed (HTTP 502' },
  'a login page': { wire: 'html', exitCode: 5, attempts: 4, stderr: 'login page intercepts' },
  'an empty body': {
    wire: 'empty-body',
    exitCode: 5,
    attempts: 4,
    stderr: 'answered with nothing (HTTP 200)',
  },
  'JSON that stops short': {
    wire: 'invalid-json',
    exitCode: 5,
    attempts: 4,
    stderr: 'something that is not JSON',
  },
  'an answer of which only its facts are left': {
    wire: [
      answer(http('200 OK', json, '{"modelVersion":"m-1","usageMetadata":{"promptTokenCount":9}}')),
      answer(http('200 OK', json, '{"responseId":"r-1"}')),
      good,
    ],
    exitCode: 0,
    attempts: 3,
    stdout: 'A sunset.\n',
    stderr: 'an empty answer',
  },
  'a server behind a gateway that is gone': {
    wire: [answer(http('521 Down', [])), answer(http('529 Overloaded', json, '{}')), good],
    exitCode: 0,
    attempts: 3,
    stdout: 'A sunset.\n',
    stderr: /behind the gateway .* \(HTTP 521\)[\s\S]*overloaded \(HTTP 529\)/,
  },
  'a server behind a gateway that stays gone': {
    wire: [answer(http('523 Gone', []))],
    exitCode: 5,
    attempts: 4,
    stderr: '(HTTP 523)',
  },
  'a filter’s page that forbids it': {
    wire: [answer(http('403 Forbidden', ['Content-Type: text/html'], '<html><title>Blocked</title></html>'))],
    exitCode: 5,
    attempts: 1,
    stderr: '(HTTP 403): Blocked',
  },
  'a request time-out': {
    wire: [answer(http('408 Request Timeout', []))],
    exitCode: 5,
    attempts: 4,
    stderr: '(HTTP 408)',
  },
  'a teapot': {
    wire: [answer(http('418 I’m a teapot', []))],
    exitCode: 5,
    attempts: 1,
    stderr: '(HTTP 418)',
  },
  'no content': {
    wire: [answer('HTTP/1.1 204 No Content\r\n\r\n')],
    exitCode: 5,
    attempts: 4,
    stderr: 'answered with nothing (HTTP 204)',
  },
  'an answer with another good status': {
    wire: [answer(http('201 Created', json, goodBody()))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'an answer in an array': {
    wire: [answer(http('200 OK', json, `[${goodBody()}]`))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'another protocol than was asked for': {
    wire: [answerAndStay('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')],
    exitCode: 5,
    attempts: 1,
    stderr: 'the server switched to another protocol',
  },
  'an overloaded model that asks for an hour': {
    wire: [answer(http('503 Busy', json, error(503, 'UNAVAILABLE', { retryDelay: '3600s' })))],
    exitCode: 5,
    attempts: 1,
    stderr: 'The server asks to wait 3600 s',
  },
  'a date in the past, without a clock of the server': {
    wire: [answer(http('503 Busy', ['Retry-After: Sun, 22 Nov 2020 10:00:00 GMT'])), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'retrying now',
  },
  'a long error page': {
    wire: [answer(http('500 Oops', ['Content-Type: text/html'], `<h1>${'Sorry. '.repeat(200_000)}</h1>`))],
    exitCode: 5,
    attempts: 4,
    stderr: /Sorry\. Sorry\. .{1,300}…\n/,
  },
  'a redirect to another host': {
    wire: [answer(http('307 Temporary Redirect', ['Location: https://evil.example/steal?key=1']))],
    exitCode: 5,
    attempts: 1,
    stderr: 'the server redirects to evil.example (HTTP 307)',
  },
  'a redirect to another path': {
    wire: [answer(http('302 Found', ['Location: /login?next=/v1beta']))],
    exitCode: 5,
    attempts: 1,
    stderr: 'the server redirects to another path (HTTP 302)',
  },
  'a proxy that wants a password': {
    wire: [answer(http('407 Proxy Authentication Required', []))],
    exitCode: 5,
    attempts: 1,
    stderr: /the proxy .*user name and password \(HTTP 407\)/,
  },
  'a wait in seconds, then an answer': {
    wire: [answer(http('429 Too Many Requests', ['Retry-After: 7'])), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'retrying in 7.0 s, at ',
  },
  'a wait until a date, then an answer': {
    wire: [
      answer(
        http('503 Busy', [
          'Date: Sun, 22 Nov 2026 10:00:00 GMT',
          'Retry-After: Sun, 22 Nov 2026 10:00:09 GMT',
        ]),
      ),
      good,
    ],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'retrying in 9.0 s, at ',
  },
  'a wait of part of a second, then an answer': {
    wire: [answer(http('429 Slow', ['Retry-After: 2.25'])), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'retrying in 3.0 s, at ',
  },
  'waits that say nothing, then an answer': {
    wire: [
      answer(http('503 Busy', ['Retry-After: -3'])),
      answer(http('503 Busy', ['Retry-After: 5, 5'])),
      answer(http('503 Busy', ['Retry-After: 99999999999999'])),
      good,
    ],
    exitCode: 0,
    attempts: 4,
    stdout: 'A sunset.\n',
    // What grows by itself, with dice that fall in the middle.
    stderr: /in 0\.5 s[\s\S]*in 1\.0 s[\s\S]*in 2\.0 s/,
  },
  'RetryInfo before Retry-After': {
    wire: [
      answer(http('429 Slow', ['Retry-After: 50'], error(429, 'RESOURCE_EXHAUSTED', { retryDelay: '2.5s' }))),
      good,
    ],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'retrying in 2.5 s, at ',
  },
  'a wait that is too long': {
    wire: [answer(http('429 Slow', [], error(429, 'RESOURCE_EXHAUSTED', { retryDelay: '3600s' })))],
    exitCode: 5,
    attempts: 1,
    stderr: 'The server asks to wait 3600 s',
  },

  // What happens to connections.
  'a connection closed at once': {
    wire: [(socket) => socket.end()],
    exitCode: 5,
    attempts: 4,
    stderr: 'closed the connection early',
  },
  'a connection reset': {
    wire: [(socket) => socket.resetAndDestroy()],
    exitCode: 5,
    attempts: 4,
    stderr: /closed the connection (early|during the upload)/,
  },
  'a connection closed after the request': {
    wire: [answer()],
    exitCode: 5,
    attempts: 4,
    stderr: 'closed the connection early',
  },
  'a connection closed within the headers': {
    wire: [answer('HTTP/1.1 200 OK\r\nContent-')],
    exitCode: 5,
    attempts: 4,
    stderr: /closed|HTTP/,
  },
  'a body shorter than its length': {
    wire: [answer('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"candidates":'), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'closed the connection early',
  },
  'a body cut within a chunk': {
    wire: [answer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"candidates":'), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'closed the connection early',
  },
  'a server that never answers': {
    wire: [() => undefined],
    exitCode: 5,
    attempts: 2,
    argv: soon,
    stderr: 'no answer within 0.5 s',
  },
  'a server that drips its headers': {
    wire: [answerAndStay('HTTP/1.1 2')],
    exitCode: 5,
    attempts: 2,
    argv: soon,
    stderr: 'no answer within 0.5 s',
  },
  'a server that drips its body': {
    wire: [answerAndStay('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{')],
    exitCode: 5,
    attempts: 2,
    argv: soon,
    stderr: 'no answer within 0.5 s',
  },
  'a server that stops reading': {
    wire: [(socket) => socket.pause()],
    exitCode: 5,
    attempts: 2,
    argv: soon,
    isLarge: true,
    stderr: 'no answer within 0.5 s',
  },
  'another protocol': {
    wire: [(socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    exitCode: 5,
    attempts: 1,
    stderr: 'does not speak HTTP',
  },
  'headers without end': {
    wire: [answer(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`)],
    exitCode: 5,
    attempts: 1,
    stderr: /does not speak HTTP|headers/,
  },
  'a refusal before the upload is over: 413': {
    wire: [answerEarly(http('413 Payload Too Large', []))],
    exitCode: 5,
    attempts: 1,
    isLarge: true,
    stderr: 'too large for the server (HTTP 413)',
  },
  'a refusal before the upload is over: 401': {
    wire: [answerEarly(http('401 Unauthorized', json, error(401, 'UNAUTHENTICATED')))],
    exitCode: 4,
    attempts: 1,
    isLarge: true,
    stderr: 'refused the key (HTTP 401 UNAUTHENTICATED): Because.',
  },
  'a limit before the upload is over, then an answer': {
    wire: [answerEarly(http('429 Slow', json, error(429, 'RESOURCE_EXHAUSTED', { retryDelay: '1s' }))), good],
    exitCode: 0,
    attempts: 2,
    isLarge: true,
    stdout: 'A sunset.\n',
    stderr: 'HTTP 429 RESOURCE_EXHAUSTED',
  },

  // What bodies can be like.
  'an answer in gzip': {
    wire: [answer(http('200 OK', ['Content-Encoding: gzip'], gzipSync(goodBody())))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'an answer in brotli': {
    wire: [answer(http('200 OK', ['Content-Encoding: br'], brotliCompressSync(goodBody())))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'a coding that is none': {
    wire: [answer(http('200 OK', ['Content-Encoding: UTF8'], goodBody()))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'a coding beside one that is none': {
    wire: [answer(http('200 OK', ['Content-Encoding: binary, br'], brotliCompressSync(goodBody())))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'two codings': {
    wire: [answer(http('200 OK', ['Content-Encoding: deflate, gzip'], gzipSync(deflateRawSync(goodBody()))))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'a coding that nobody here can undo, which is paid for once': {
    wire: [answer(http('200 OK', ['Content-Encoding: compress'], 'x'))],
    exitCode: 5,
    attempts: 1,
    stderr: 'unsupported Content-Encoding (compress)',
  },
  'Zstandard, which newer Nodes know': {
    wire: [answer(http('200 OK', ['Content-Encoding: zstd'], zstd?.(goodBody()) ?? 'x'))],
    exitCode: zstd ? 0 : 5,
    attempts: 1,
    stdout: zstd ? 'A sunset.\n' : '',
    stderr: zstd ? '' : 'Node 22.15',
  },
  'deflate that breaks before its first byte': {
    wire: [answer('HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 50\r\n\r\n'), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: /closed the connection early|cut off/,
  },
  'deflate that never comes': {
    wire: [answerAndStay('HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 50\r\n\r\n')],
    exitCode: 5,
    attempts: 2,
    argv: soon,
    stderr: 'no answer within 0.5 s',
  },
  'more codings than anybody needs': {
    wire: [answer(http('200 OK', ['Content-Encoding: gzip, gzip, gzip, gzip'], 'x'))],
    exitCode: 5,
    attempts: 1,
    stderr: 'unsupported Content-Encoding (4 codings)',
  },
  'gzip that stops short': {
    wire: [answer(http('200 OK', ['Content-Encoding: gzip'], gzipSync(goodBody()).subarray(0, 60))), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'the compressed answer was cut off',
  },
  'gzip that is none': {
    wire: [answer(http('200 OK', ['Content-Encoding: gzip'], 'not compressed')), good],
    exitCode: 0,
    attempts: 2,
    stdout: 'A sunset.\n',
    stderr: 'the compressed answer is damaged',
  },
  ...Object.fromEntries(
    ['gzip', 'x-gzip', 'deflate', 'br', 'gzip, br'].map((coding) => [
      `plain JSON that is called ${coding}`,
      {
        wire: [answer(http('200 OK', [`Content-Encoding: ${coding}`], goodBody()))],
        exitCode: 0,
        attempts: 1,
        stdout: 'A sunset.\n',
      },
    ]),
  ),
  'a bomb in gzip': {
    wire: [answer(http('200 OK', ['Content-Encoding: gzip'], gzipSync(Buffer.alloc(70_000_000, ' '))))],
    exitCode: 5,
    attempts: 1,
    stderr: 'the answer is larger than 64 MiB',
  },
  'letters split between packets': {
    wire: [
      answer(
        `HTTP/1.1 200 OK\r\nContent-Length: ${utf8.length}\r\n\r\n`,
        ...[...utf8].map((byte) => Buffer.from([byte])),
      ),
    ],
    exitCode: 0,
    attempts: 1,
    stdout: 'größer 🌅 日本\n',
    stderr: '',
  },
  'a byte order mark': {
    wire: [answer(http('200 OK', json, `\ufeff${goodBody()}`))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
  'a pause that HTTP knows, then an answer': {
    wire: [answer('HTTP/1.1 100 Continue\r\n\r\n', http('200 OK', json, goodBody()))],
    exitCode: 0,
    attempts: 1,
    stdout: 'A sunset.\n',
    stderr: '',
  },
};

describe('the fault table', () => {
  it('has at least 40 rows', () => expect(Object.keys(rows).length).toBeGreaterThanOrEqual(40));

  it('is what a person sees, row by row', () =>
    eachRow(Object.entries(rows), async ([_, row]) => {
      const { wire, argv = [], isLarge = false } = row;
      await using emulator = await startEmulator({ isStrict: true });
      const image = isLarge ? largeImage() : fixture('sunset.jpg');
      const raw = typeof wire === 'string' ? undefined : await startRawServer(...wire);
      if (typeof wire === 'string') emulator.enqueue(...Array(row.attempts).fill(faults[wire].reply));
      const environment = {
        GEMINI_API_KEY: 'test-key',
        GOOGLE_GEMINI_BASE_URL: raw?.url ?? emulator.url,
      };
      const outcome = await runProgram([image, 'what is this?', ...argv], { environment });

      expect(outcome).toMatchObject({ exitCode: row.exitCode, stdout: row.stdout ?? '' });
      if (row.stderr === '') expect(outcome.stderr).toBe('');
      else if (typeof row.stderr === 'string') expect(outcome.stderr).toContain(row.stderr);
      else expect(outcome.stderr).toMatch(row.stderr);
      if (row.exitCode !== 0) expect(outcome.stderr).toContain(`describe-image: ${image}: `);
      expect(raw?.connections() ?? emulator.requests.length).toBe(row.attempts);
      expect(outcome.waitsMs).toHaveLength(row.attempts - 1);
      expect(outcome.stderr).not.toContain('test-key');
      emulator.verify();
    }));
});

function largeImage(): string {
  return temporaryFile(
    'large.png',
    Buffer.concat([readFileSync(fixture('images/rgb.png')), Buffer.alloc(30_000_000)]),
  );
}
