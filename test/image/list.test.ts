import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import type { Path } from '../../src/image/bytes.ts';
import { readList, type Separator } from '../../src/image/list.ts';
import { eachRow } from '../helpers/rows.ts';

it('reads a list, however it is written', () =>
  eachRow<[string, Separator, string, Path[]]>(
    [
      ['lines', 'newline', 'a.png\nb c.png\n', ['a.png', 'b c.png']],
      ['a last line without its end', 'newline', 'a.png\nb.png', ['a.png', 'b.png']],
      ['lines as Windows ends them', 'newline', 'a.png\r\nb.png\r\n', ['a.png', 'b.png']],
      ['lines after a byte order mark', 'newline', '\ufeffa.png\nb.png\n', ['a.png', 'b.png']],
      ['empty lines', 'newline', '\n\na.png\n\n', ['a.png']],
      ['entries ended by NUL', 'null', 'a.png\0b\nc.png\0', ['a.png', 'b\nc.png']],
      ['a carriage return that belongs to the name', 'null', 'a\r\0', ['a\r']],
      ['URLs', 'newline', 'https://example.com/a.png\n', ['https://example.com/a.png']],
      ['a file that is called like standard input', 'newline', '-\n', ['./-']],
      ['nothing', 'newline', '', []],
    ],
    async ([_, separator, text, expected]) => {
      for (const size of [1, 3, 1000]) {
        expect(await read(pieces(Buffer.from(text), size), separator)).toEqual(expected);
      }
    },
  ));

it('hands over a name that is not UTF-8 as bytes, which alone name the file', async () => {
  const bytes = Buffer.from('caf\xe9.png', 'latin1');
  expect(await read(pieces(bytes, 2), 'newline')).toEqual([bytes]);
});

it('copies what it keeps, as the sender may use its memory again', async () => {
  const memory = Buffer.alloc(6);
  const reused = async function* () {
    for (const text of ['aaa.pn', 'g\nb.pn', 'g\n\n\n\n\n']) {
      memory.write(text);
      yield memory;
    }
  };
  expect(await read(reused(), 'newline')).toEqual(['aaa.png', 'b.png']);
});

it('says that a list ended by NUL is read with -0', async () => {
  const failure = await read(pieces(Buffer.from('a.png\0b.png\0'), 100), 'newline').catch((error) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(`${failure.message} ${failure.hint}`).toBe(
    'a list is not a list of images: its entries are separated by NUL Use -0 to read it.',
  );
});

it('does not read on where an entry is longer than any path', async () => {
  let count = 0;
  const endless = async function* () {
    for (;;) {
      count += 1;
      yield Buffer.alloc(10_000, 'a');
    }
  };
  await expect(read(endless(), 'newline')).rejects.toThrow('an entry is longer than any path');
  expect(count).toBeLessThan(10);
});

async function read(chunks: AsyncIterable<Uint8Array>, separator: Separator): Promise<Path[]> {
  const inputs: Path[] = [];
  for await (const input of readList(chunks, separator, 'a list')) inputs.push(input);
  return inputs;
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
