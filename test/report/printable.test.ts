import { expect, it } from 'vitest';
import { printable, printableAtTerminal, printableLine } from '../../src/printable.ts';
import { formatJsonLine } from '../../src/report/answer.ts';
import { eachRow } from '../helpers/rows.ts';

it('makes text harmless', () =>
  eachRow(
    [
      ['plain text', 'A sunset.\n\tOver the sea. 日本 🌅 é\n', 'A sunset.\n\tOver the sea. 日本 🌅 é\n'],
      ['colours', 'a\u001b[31mred\u001b[0m', 'ared'],
      ['a title', 'a\u001b]0;owned\u0007b', 'ab'],
      ['a link', 'a\u001b]8;;https://evil.example\u0007b\u001b]8;;\u0007', 'ab'],
      ['a C1 sequence', 'a\u009b5mb', 'ab'],
      ['other controls', 'a\u0000\u0007\u0008\u007f\u0085\u0090b', 'ab'],
      ['Windows line ends', 'a\r\nb', 'a\nb'],
      ['a lone carriage return', 'safe\rrm -rf', 'saferm -rf'],
    ],
    ([_, text, shown]) => {
      expect(printable(text)).toBe(shown);
    },
  ));

it('drops what turns letters around, at a terminal and on a line', () => {
  const text = 'a\u202eb\u2066c\u2069d\u202ce';
  expect(printable(text)).toBe(text);
  expect(printableAtTerminal(text)).toBe('abcde');
  expect(printableLine(`${text}\nf\tg`)).toBe('abcde f g');
  const overrides = '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069';
  for (const override of overrides) expect(printableAtTerminal(`a${override}b`), override).toBe('ab');
});

it('escapes in JSON what JSON leaves alone and a terminal obeys', () => {
  const text = '\u0000\u001b[31m\u007f\u009b\u202e\u2066\u2028"';
  const json = formatJsonLine({ text, finishReason: null });
  expect(json).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(json)).toEqual({ text, finishReason: null });
});
