import { expect, it } from 'vitest';
import { base64Length, encodeBase64 } from '../../src/api/base64.ts';

const bytes = Buffer.from(Array.from({ length: 257 }, (_, index) => (index * 31) & 0xff));

it.each([1, 2, 3, 4, 5, 7, 64, 100, 257, 300])(
  'encodes the same text from pieces of %i bytes',
  async (pieceBytes) => {
    for (const length of [0, 1, 2, 3, 4, 255, 256, 257]) {
      const text = await encode(bytes.subarray(0, length), pieceBytes);
      expect(text).toBe(bytes.subarray(0, length).toString('base64'));
      expect(text).toHaveLength(base64Length(length));
    }
  },
);

it('does not mind a source that uses its buffer again', async () => {
  async function* reuse() {
    const buffer = Buffer.alloc(4);
    for (let at = 0; at < 12; at += 4) {
      bytes.copy(buffer, 0, at, at + 4);
      yield buffer;
    }
  }
  let text = '';
  for await (const piece of encodeBase64(reuse())) text += piece;
  expect(text).toBe(bytes.subarray(0, 12).toString('base64'));
});

async function encode(source: Buffer, pieceBytes: number): Promise<string> {
  async function* pieces() {
    for (let at = 0; at < source.length; at += pieceBytes) yield source.subarray(at, at + pieceBytes);
  }
  let text = '';
  for await (const piece of encodeBase64(pieces())) text += piece;
  return text;
}
