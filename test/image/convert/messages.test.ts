import { describe, expect, it } from 'vitest';
import {
  createMessageReader,
  encodeMessage,
  maxBodyBytes,
  parseReply,
  type Reply,
} from '../../../src/image/convert/messages.ts';
import { eachRow } from '../../helpers/rows.ts';

const converted: Reply = { kind: 'converted', bytes: 5, mimeType: 'image/png', changes: ['größer'] };
const sent = Buffer.concat([
  encodeMessage(converted),
  Buffer.from('12345'),
  encodeMessage({ kind: 'unchanged', bytes: 0 }),
]);

async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('a message over a pipe', () => {
  it('is read, and the bytes after it, in pieces of any size', () =>
    eachRow([1, 2, 3, 7, 1000], async (length) => {
      const reader = createMessageReader(inPieces(sent, length));
      expect(parseReply(await reader.message())).toEqual(converted);
      let body = '';
      for await (const piece of reader.body(5)) body += piece;
      expect(body).toBe('12345');
      expect(parseReply(await reader.message())).toEqual({ kind: 'unchanged', bytes: 0 });
      await expect(reader.message()).rejects.toThrow();
    }));

  it('is none where it is malformed', () =>
    eachRow(
      [
        ['an end in its length', sent.subarray(0, 3)],
        ['an end in its text', sent.subarray(0, 20)],
        ['a length beyond all reason', Buffer.from([0xff, 0xff, 0xff, 0xff])],
        ['no JSON', Buffer.from([0, 0, 0, 2, 0x7b, 0x7b])],
      ],
      async ([_, bytes]) => {
        await expect(createMessageReader(inPieces(bytes, 1000)).message()).rejects.toThrow();
      },
    ));

  it('reads no more of what is no message', async () => {
    let pieces = 0;
    const endless = async function* () {
      for (;;) {
        pieces += 1;
        yield Buffer.alloc(65_536, 0xff);
      }
    };
    await expect(createMessageReader(endless()).message()).rejects.toThrow();
    expect(pieces).toBe(1);
  });
});

describe('a reply', () => {
  it('is not taken where it is not what was asked for', () =>
    eachRow(
      [
        ['no object', null],
        ['of no kind', { bytes: 0 }],
        ['of another kind', { kind: 'else', bytes: 0 }],
        ['without a number of bytes', { ...converted, bytes: undefined }],
        ['with a number of bytes that is none', { ...converted, bytes: -1 }],
        ['with more bytes than may be', { ...converted, bytes: maxBodyBytes + 1 }],
        ['with bytes that nothing takes', { kind: 'unchanged', bytes: 1 }],
        ['of a type that is not sent', { ...converted, mimeType: 'text/html' }],
        ['with changes that are no text', { ...converted, changes: [{}] }],
        ['with formats that are none', { kind: 'formats', bytes: 0, formats: { gif: 'yes' } }],
      ],
      ([_, message]) => {
        expect(() => parseReply(message)).toThrow('not a reply');
      },
    ));
});
