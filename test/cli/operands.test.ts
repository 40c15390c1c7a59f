import { expect, it } from 'vitest';
import { sortOperands } from '../../src/cli/operands.ts';
import { eachRow } from '../helpers/rows.ts';

const files = new Set(['a.png', 'my photo.png', 'notes about b.png']);
const typed = { hasPrompt: false, hasImages: false, exists: (path: string) => files.has(path) };

it('refuses what may be the prompt, or an image that is missing', () =>
  eachRow<[string, string[], Partial<typeof typed>]>(
    [
      ['a sentence', ['a.png', 'what differs from b.png'], {}],
      ['a sentence that ends in another kind of file', ['a.png', 'is this page 3 of report.PDF'], {}],
      ['a sentence after images of an option', ['what differs from b.png'], { hasImages: true }],
      ['two words', ['a.png', 'my phoot.png'], {}],
    ],
    ([_, operands, more]) => {
      expect(() => sortOperands(operands, { ...typed, ...more })).toThrow(
        expect.objectContaining({ kind: 'usage', hint: expect.stringContaining('-p') }),
      );
    },
  ));

it('has no doubt about what is plain', () =>
  eachRow<[string, string[], Partial<typeof typed>, number, string | undefined]>(
    [
      ['a question', ['a.png', 'what differs from b.png?'], {}, 1, 'what differs from b.png?'],
      ['a file of several words', ['a.png', 'my photo.png'], {}, 2, undefined],
      ['a file that reads like a sentence', ['a.png', 'notes about b.png'], {}, 2, undefined],
      ['a missing file of one word', ['a.png', 'b.png'], {}, 2, undefined],
      ['an address with a blank in it', ['a.png', 'https://example.com/my photo.png'], {}, 2, undefined],
      ['an address without an extension', ['a.png', 'https://example.com/photo'], {}, 2, undefined],
      ['a missing file that is alone', ['my phoot.png'], {}, 1, undefined],
      ['a missing file beside a prompt', ['a.png', 'my phoot.png'], { hasPrompt: true }, 2, undefined],
    ],
    ([_, operands, more, images, prompt]) => {
      const sorted = sortOperands(operands, { ...typed, ...more });
      expect([sorted.images.length, sorted.prompt]).toEqual([images, prompt]);
    },
  ));
