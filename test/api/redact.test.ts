import { expect, it } from 'vitest';
import { redact, redactJson, redactStart, redactValue, repeatable } from '../../src/api/redact.ts';

const key = 'AQ.Kx7-tR_92mZpQ/w+B=4';
const twice = (change: (text: string) => string) => (text: string) => change(change(text));
const each = (spell: (code: number) => string) => (text: string) =>
  [...text].map((character) => spell(character.charCodeAt(0))).join('');
const hex = (code: number, length: number) => code.toString(16).padStart(length, '0');
const quoted = (text: string) => JSON.stringify(text).slice(1, -1);
const inUrl = each((code) => `%${hex(code, 2)}`);
const inJson = each((code) => `\\u${hex(code, 4)}`);
const inHtml = each((code) => `&#${code};`);
const amp = (text: string) => text.replaceAll('&', '&amp;');

const spellings: readonly (readonly [name: string, spell: (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['in lower case, as in a host name', (text) => text.toLowerCase()],
  ['in upper case', (text) => text.toUpperCase()],
  ['in a URL', encodeURIComponent],
  ['in a URL, twice', twice(encodeURIComponent)],
  ['in a URL, every letter', inUrl],
  ['in a URL, every letter, three times', (text) => twice(encodeURIComponent)(inUrl(text))],
  ['in JSON', quoted],
  ['in JSON, with slashes', (text) => text.replaceAll('/', '\\/')],
  ['in JSON, every letter', inJson],
  ['in JSON, every letter, three times', (text) => twice(quoted)(inJson(text))],
  ['in JavaScript, every letter', each((code) => `\\x${hex(code, 2)}`)],
  ['in HTML, every letter', inHtml],
  ['in HTML, every letter, in hexadecimal', each((code) => `&#X${hex(code, 4).toUpperCase()};`)],
  ['in HTML, twice', (text) => amp(inHtml(text))],
  ['in HTML in a URL', (text) => encodeURIComponent(inHtml(text))],
  ['in a URL in HTML', (text) => inUrl(text).replaceAll('%', '&#37;')],
  ['in a URL in JSON', (text) => inUrl(text).replaceAll('%', '\\u0025')],
  ['in JSON in a URL', (text) => encodeURIComponent(inJson(text))],
  ...[
    ...['\u0000', '\u0007', '\r', '\u001b', '\u007f', '\u0085', '\u009b0m', '\u001b[0m', '\u001b]0;x\u0007'],
    ...['\u001b(B', '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\u202e', '\ufeff', '\u{e0041}'],
    ...[
      '\n',
      '\t',
      '\\n',
      '\\r',
      '\\\\n',
      '%E2%80%8B',
      '&#8203;',
      '&shy;',
      '&#x200b;',
      '\\u200b',
      '\\u001b[31m',
    ],
  ].map(
    (between) =>
      [`with ${JSON.stringify(between)} between letters`, (text: string) => [...text].join(between)] as const,
  ),
];

it('finds the key however it is spelled', () => {
  for (const [name, spell] of spellings) {
    const text = `before ${spell(key)} between ${spell(key)}${spell(key)} after`;
    const shown = redact(text, key);
    expect(shown, name).toMatch(
      /^before .{0,6}\[key\].{0,6} between .{0,6}\[key\].{0,6}\[key\].{0,6} after$/su,
    );
    expect(shown, name).not.toMatch(/K.*x.*7/is);
  }
});

it('finds a key that itself looks escaped', () => {
  const cases = [
    '0123456789abcdef',
    'ab%41cdefghijklmn',
    'a&amp;b-cdefghijkl',
    '\\u0041-bcdefghijkl',
    '"],"x":[{"wxyz":1',
  ] as const;
  for (const odd of cases) {
    for (const before of ['', '%', '\\', '\\u', '&', '&#', 'a', '0'])
      expect(redact(`${before}${odd}!`, odd)).toBe(`${before}[key]!`);
    for (const spell of [encodeURIComponent, quoted, inJson, inUrl, inHtml])
      expect(redact(`a ${spell(odd)}!`, odd)).toMatch(/^a \\*\[key\]!$/);
  }
});

it('finds a key where a part of it came first', () => {
  expect(redact('aabaabaabaaab-1', 'aabaabaaab-1-abc')).toBe('aabaabaabaaab-1');
  expect(redact('aab-aab-aab-aab-1x', 'aab-aab-aab-1')).toBe('aab-aab-aab-aab-1x');
  expect(redact('xxab1xxab1xxab1xxab2', 'xxab1xxab1xxab2')).toBe('xxab1xxab1xxab1xxab2');
  expect(redact('xxab1xxab1xxab1xxab2', 'xxab1xxab1xxab1xxab2')).toBe('[key]');
  expect(redact('xxab1xxab1xxab1xxab1xxab2', 'xxab1xxab1xxab1xxab2')).toBe('xxab1[key]');
});

it('takes a key that may be a word out only where a credential stands', () => {
  const cases = [
    'unused',
    '123456',
    'prompt',
    'candidates',
    'text',
    'STOP',
    'true',
    'x',
    '0000000000000000',
    'placeholderplaceholder',
  ] as const;
  for (const word of cases) {
    const prose = `The ${word} is "${word}": ${word}, key ${word}; a token: ${word} and monkey (${word}).`;
    expect(redact(prose, word)).toBe(prose);
    for (const [text, shown] of [
      [`?key=${word}&alt=json`, '?key=[key]&alt=json'],
      [`/v1?KEY=${word}.`, '/v1?KEY=[key].'],
      [`%3Fkey%3D${word}`, '%3Fkey%3D[key]'],
      [`key\\u003d${word}`, 'key\\u003d[key]'],
      [`x-goog-api-key: ${word}`, 'x-goog-api-key: [key]'],
      [`Api-Key:${word}`, 'Api-Key:[key]'],
      [`authorization: Bearer ${word}`, 'authorization: Bearer [key]'],
      [`Authorization: Basic  ${word}`, 'Authorization: Basic  [key]'],
      [`{"apiKey":"${word}"}`, '{"apiKey":"[key]"}'],
      [`{"X-Goog-Api-Key" : ["${word}"]}`, '{"X-Goog-Api-Key" : ["[key]"]}'],
      [`{"authorization":"Bearer ${word}"}`, '{"authorization":"Bearer [key]"}'],
      [`{\\"access_token\\": \\"${word}\\"}`, '{\\"access_token\\": \\"[key]\\"}'],
      [`{'token': '${word}'}`, "{'token': '[key]'}"],
    ] as const)
      expect(redact(text, word)).toBe(shown);
    const whole = `{"keynote":"${word} and more","prompt":"${word}"}`;
    expect(redact(whole, word)).toBe(whole);
  }
});

it('takes nothing out for a key that is none', () => {
  expect(redact('key=', '')).toBe('key=');
  expect(redact('key=', undefined)).toBe('key=');
  expect(redact('key=\\', '\\')).toBe('key=[key]');
});

it('leaves JSON valid, and every character of it but the key', async () => {
  const json = ` {"a\\u0041": "x ${key} \\\\", "${quoted(key)}":\r\n[1.0e3, "\\n${key}", "\\"${inJson(key)}\\""]} `;
  const shown = await redactJson(json, key);
  expect(shown).toBe(' {"a\\u0041": "x [key] \\\\", "[key]":\r\n[1.0e3, "\\n[key]", "\\"[key]\\""]} ');
  // This one is found across the borders of strings, too.
  const syntax = '","finishReason":"';
  const answer = JSON.stringify({ text: `a${syntax}b`, finishReason: 'STOP' });
  expect(JSON.parse(await redactJson(answer, syntax))).toEqual({ text: 'a[key]b', finishReason: 'STOP' });
  for (const odd of ['nabcdefghijklmn-1', 'abcdefghijklmno-\\', '\\abcdefghijklmno-', '"abcdefghijklmno-']) {
    const value = { a: `\n${odd}`, b: `\\${odd}`, c: `${odd}"`, d: `${odd}\\`, [odd]: odd };
    const parsed = JSON.parse(await redactJson(JSON.stringify(value), odd));
    expect(JSON.stringify(parsed)).not.toContain(quoted(odd));
  }
});

it('takes the key out of the strings of a value and leaves names and other values alone', () => {
  const word = {
    prompt: 'prompt',
    usage: { promptTokenCount: 1 },
    changes: ['?key=prompt'],
    usageless: null,
  };
  expect(redactValue(word, 'prompt')).toEqual({ ...word, changes: ['?key=[key]'] });
  expect(redactValue({ [key]: [{ a: `is ${key}`, b: 2 }] }, key)).toEqual({
    [key]: [{ a: 'is [key]', b: 2 }],
  });
});

it('leaves nothing of a key where a text is cut', () => {
  for (const [spell, step] of [
    [(text: string) => text, 1],
    // Every place within the six characters of a letter, though not of each.
    [inJson, 5],
  ] as const)
    for (let cut = 1; cut < spell(key).length; cut += step) {
      const text = `${' '.repeat(64 * 1024 - cut)}${spell(key)}${'x'.repeat(100)}`;
      expect(redactStart(text, key).trim()).toBe('');
      expect(repeatable(text, key)).toBe('');
    }
  expect(repeatable(`${'x'.repeat(290)}${key}${'y'.repeat(99)}`, key)).toBe(`${'x'.repeat(290)}[key]yyyyy…`);
});
