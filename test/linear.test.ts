import { describe, expect, it } from 'vitest';
import { readFailure } from '../src/api/api-error.ts';
import { generateEndpoint, isOtherModel } from '../src/api/endpoint.ts';
import { redact, redactValue, repeatable } from '../src/api/redact.ts';
import { readReply } from '../src/api/reply.ts';
import { buildRequest } from '../src/api/request.ts';
import { sortArguments } from '../src/cli/arguments.ts';
import { sortOperands } from '../src/cli/operands.ts';
import { estimateCost } from '../src/engine/cost.ts';
import { isSpecialAddress } from '../src/http/private-address.ts';
import { undecodable } from '../src/image/convert/decode-failure.ts';
import { toPlainSvg } from '../src/image/convert/draw.ts';
import { recognise } from '../src/image/formats/recognise.ts';
import { nextUrl } from '../src/image/redirects.ts';
import { parseSource } from '../src/image/source.ts';
import { isThisMachine } from '../src/options/connection.ts';
import { parseOptions } from '../src/options/parse.ts';
import type { OptionName } from '../src/options/table.ts';
import { isBlank, printable, printableAtTerminal, printableLine, shortLine } from '../src/printable.ts';
import { escapeUnprintable, formatJsonLine } from '../src/report/answer.ts';
import { parseRecord } from '../src/store/journal-lines.ts';

const key = 'AIzaSy-0123456789';
const word = 'unused';
const typed = new URL('http://gw.test/');
const quoted = (text: string) => JSON.stringify(text).slice(1, -1);
const reply = (status: number, body: string, headers: Record<string, string> = {}) => {
  const given = { status, headers, body: Buffer.from(body) };
  return status === 200 ? readReply(given, key) : readFailure(given, body, undefined, key);
};
const replyWith = (error: object, status = 429) => reply(status, JSON.stringify({ error }));

/** Everything that reads untrusted text, and what such a text begins with where it is read closely. */
const readers: Readonly<
  Record<string, readonly [read: (text: string) => unknown, ...heads: readonly string[]]>
> = {
  redact: [(text) => redact(text, key), '', key.slice(0, 9)],
  'redact a word': [(text) => redact(text, word), '', 'key=', '"api-key":"'],
  redactValue: [(text) => redactValue({ [text]: [text] }, key), ''],
  repeatable: [(text) => repeatable(text, key), ''],
  printable: [printable, '', '\u001b[', '\u001b]'],
  printableAtTerminal: [printableAtTerminal, ''],
  printableLine: [printableLine, ''],
  shortLine: [shortLine, ''],
  isBlank: [isBlank, ''],
  escapeUnprintable: [escapeUnprintable, ''],
  formatJsonLine: [(text) => formatJsonLine({ text }), ''],
  'a reply': [
    (text) => reply(200, text),
    '',
    '{"candidates":[',
    '{"candidates":[{"content":{"parts":[{"text":"',
  ],
  'an answer': [
    (text) =>
      reply(
        200,
        `{"candidates":[{"content":{"parts":[{"text":"${quoted(text)}"}]}}],"modelVersion":"${quoted(text)}"}`,
      ),
    '',
  ],
  'an error page': [(text) => reply(502, text), '', '<html><title>', '<script>', '<style>a</style><', '\n'],
  'an error message': [
    (text) => replyWith({ message: text }),
    '',
    'insufficient ',
    'Please retry in 1',
    'api key ',
  ],
  'a refusal': [(text) => replyWith({ message: text }, 400), '', 'invalid api'],
  'error details': [
    (text) =>
      replyWith({
        status: text,
        details: [{ retryDelay: text }, { reason: text }],
      }),
    '1s and ',
  ],
  'reply headers': [(text) => reply(503, '', { 'retry-after': text, date: text }), '', '1.', 'Sun, '],
  'a redirect of the API': [(text) => reply(302, '', { location: text }), '', 'https://x/', 'https://'],
  'a redirect of a download': [(text) => nextUrl(typed, text, typed), '//'],
  'a host name': [(text) => [isThisMachine(text), isSpecialAddress(text)], '', '127.', 'fe80::%'],
  'the head of a file': [
    (text) => recognise(Buffer.from(text, 'latin1')),
    ...[
      '',
      'data:',
      'data:image/png;base64,',
      '<?xml ',
      '<!--',
      '<!doctype ',
      '<',
      '{"',
      '[',
      '#define ',
      '/*',
      'P1\n',
      'P6 #',
    ],
    ...['P7\n#', '\0\0\0\x20ftyp', '\0\0\0\x20', 'RIFF', '\xef\xbf\xbd', '\x49\x49\x2a\0'],
  ],
  'a head in UTF-16': [(text) => recognise(Buffer.from(`\ufeff${text}`, 'utf16le')), '', '<'],
  'a drawing': [(text) => toPlainSvg(Buffer.from(text)), '', '<?xml ', '<?xml encoding'],
  'a decoder’s message': [(text) => undecodable(new Error(text), false), '', 'Error domain 1'],
  'a journal line': [(text) => parseRecord(Buffer.from(text)), '', '{"key":"', '{"a":'],
  'the name of an image': [
    (text) => [attempt(() => parseSource(text)), buildRequest([image(text), image(text)], { prompt: text })],
    ...['', 'http://', 'file://'],
  ],
  'the name of a model': [
    (text) => [
      isOtherModel('m', text),
      estimateCost(text, noTokens, new Map([['m', { input: 1, output: 1 }]])),
    ],
    ...['', 'm-1', 'm/'],
  ],
  'a base URL': [(text) => generateEndpoint('m', key, { baseUrl: text }), 'https://x/'],
  'a command line': [(text) => sortArguments([text, text]), '', '--', '--x=', '-'],
  operands: [
    (text) => sortOperands([text, text], { hasPrompt: false, hasImages: false, exists: () => false }),
    '',
  ],
  'values of options': [
    (text) => kindsOfOptions.map((name) => attempt(() => parseOptions({ [name]: [text] }, {}))),
    ...['', '1', 'https://x/'],
  ],
};

/** One of each kind of value. */
const kindsOfOptions: readonly OptionName[] = [
  'temperature',
  'seed',
  'timeoutMs',
  'model',
  'apiVersion',
  'mimeType',
  'sidecar',
  'auth',
];

const noTokens = { promptTokenCount: 0, candidatesTokenCount: 0, thoughtsTokenCount: 0 };
const image = (name: string) =>
  ({ name, mimeType: 'image/png', bytes: 1, warnings: [], changes: [], dimensions: undefined }) as never;

/** What is repeated: every byte, characters beyond them, and the beginnings of whatever is recognised somewhere. */
const units: readonly string[] = [
  ...Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)),
  ...['\u200b', '\u00ad', '\u202e', '\u2028', '\ufeff', '\ud800', '\udc00', '日', '🌅'],
  ...[
    '\\u',
    '\\u00',
    '\\u0041',
    '\\\\',
    '\\"',
    '%25',
    '%2',
    '%41',
    '&#',
    '&#x',
    '&#65;',
    '&amp;',
    '&amp',
    '&;',
  ],
  ...[
    '\u001b[',
    '\u001b]',
    '\u001b];',
    '\u001b[;?',
    '\u001b(',
    '\u009b0',
    '\u001bP',
    '\u001b\\',
    ';?',
    '\u001b[0m',
  ],
  ...['<script', '<script>', '<title', '<title>', '</title>', '<!--', '-->', '<a ', '<>', '<?', '?>', '</'],
  ...[
    'A\u200b',
    'AI',
    key,
    key.slice(0, -1),
    word,
    `"${word}`,
    `key=${word}`,
    `"key":"${word}",`,
    ': ',
    '="',
  ],
  ...[
    '\r\n',
    '\n ',
    ' \t',
    '{}',
    '[]',
    '{},',
    '[{',
    '":',
    '"a":',
    '{"a":',
    ',"',
    '-1',
    '1.',
    '0x',
    '1e',
    '1s ',
    '1m1s',
  ],
  ...[
    'a/',
    '/.',
    '..',
    '//',
    '?&',
    '&=',
    'a=&',
    '::',
    '%0',
    'm-',
    '-1-',
    '`a',
    'aMs',
    'retry in 1',
    'api_key ',
  ],
  ...[
    'insufficient a ',
    'no more ',
    '\xff\xd8\xff',
    '\x89PNG\r\n',
    '\0\0\0\x08ftyp',
    'RIFF',
    '#\n',
    '\n#',
    '1 ',
    '_width ',
  ],
];

/** What makes an expression that has read all of it give up, or go back. */
const tails = ['!', '"', '\n', '>', '\u0000'];

/** A reader that is far from linear is caught before it would take hours. At the last length, only what was slow before is read. */
const lengths = [2000, 16_000, 100_000];

describe('reading untrusted text takes time that grows with its length alone', () => {
  it.each(Object.keys(readers))('%s', (name) => {
    const [read, ...heads] = readers[name] ?? [];
    if (read === undefined) throw new Error(name);
    for (const head of heads) {
      let slowest = [...units.keys()];
      for (const length of head === '' ? lengths : lengths.slice(0, 2)) {
        const text = (index: number, size: number) => {
          const unit = units[index] ?? '';
          return head + unit.repeat(Math.ceil(size / unit.length)) + tails[index % tails.length];
        };
        const times = new Map(slowest.map((index) => [index, timeMs(read, text(index, length), 1)]));
        // Whatever grows faster than the others takes longer than most.
        const ranked = [...times].sort(([, one], [, other]) => other - one);
        for (const [index, firstMs] of ranked.slice(0, 5)) {
          const shorterMs = timeMs(read, text(index, length / 32), 5);
          // 32 times the length: 32 times as long where it is linear, more with garbage to collect, 1024 where it is quadratic.
          const allowedMs = 250 * Math.max(shorterMs, noiseMs);
          const longerMs = firstMs < allowedMs ? 0 : timeMs(read, text(index, length), 5);
          const what = `${JSON.stringify(head)} and ${JSON.stringify(units[index])}`;
          expect(longerMs, what).toBeLessThan(allowedMs);
        }
        if (length >= 16_000) slowest = ranked.slice(0, 20).map(([index]) => index);
      }
    }
  });
});

/** Less than this tells nothing: a busy machine takes it now and then. */
const noiseMs = 0.1;

/** The shortest of some tries. */
function timeMs(read: (text: string) => unknown, text: string, tries: number): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let count = 0; count < tries; count += 1) {
    const startMs = performance.now();
    attempt(() => read(text));
    leastMs = Math.min(leastMs, performance.now() - startMs);
  }
  return leastMs;
}

function attempt(work: () => unknown): void {
  try {
    const outcome = work();
    if (outcome instanceof Promise) outcome.catch(() => undefined);
  } catch {
    // Refused, and that is as good an end as any.
  }
}
