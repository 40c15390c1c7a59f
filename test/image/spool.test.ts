import { createReadStream, fstatSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable as NodeStream } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AbortedError, ImageError } from '../../src/errors.ts';
import { spool } from '../../src/image/spool.ts';
import { createDice } from '../helpers/dice.ts';
import { temporaryFolder } from '../helpers/files.ts';
import { eachRow } from '../helpers/rows.ts';

const inspect = async () => undefined;

it('keeps bytes that come in pieces of any size, to be read again from any place', () =>
  eachRow(
    [
      [0, 1],
      [1, 1],
      [4096, 4096],
      [100_000, 999],
      [1024 * 1024, 65_536],
      [1024 * 1024 + 1, 65_536],
      [2_000_000, 70_001],
    ],
    async ([bytes, size]) => {
      const data = randomBytes(bytes);
      const readable = await spool(pieces(data, size), 'standard input', { maxBytes: bytes, inspect });
      expect(readable.bytes).toBe(bytes);
      for (const _ of [1, 2]) expect((await readAll(readable.open())).equals(data)).toBe(true);
      expect(readable.readAt(0, 4096)).toEqual(data.subarray(0, 4096));
      expect(readable.readAt(bytes - 10, 100)).toEqual(data.subarray(Math.max(0, bytes - 10)));
      readable.close();
    },
  ));

it('leaves no file behind that anybody could find', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  const readable = await spool(pieces(randomBytes(3_000_000), 65_536), 'x', {
    maxBytes: 3_000_000,
    inspect,
  });
  expect(readdirSync(folder)).toEqual([]);
  readable.close();
});

it.runIf(process.platform === 'linux')('keeps it in a file that nobody else may open', async () => {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  const options = { maxBytes: 3_000_000, inspect };
  const readable = await spool(pieces(randomBytes(3_000_000), 65_536), 'x', options);
  const files = readdirSync('/proc/self/fd').filter((file) => target(file).startsWith(folder));
  expect(files).toHaveLength(1);
  const { mode, nlink } = fstatSync(Number(files[0]));
  expect(mode & 0o777).toBe(0o600);
  expect(nlink).toBe(0);
  readable.close();
  expect(target(files[0] ?? '')).not.toContain(folder);

  function target(file: string): string {
    try {
      return readlinkSync(`/proc/self/fd/${file}`);
    } catch {
      return '';
    }
  }
});

it('says where there is no room to keep it', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  vi.stubEnv('TMPDIR', join(folder, 'file'));
  const failure = spool(pieces(randomBytes(3_000_000), 65_536), 'x', { maxBytes: 3_000_000, inspect });
  await expect(failure).rejects.toThrow(ImageError);
  await expect(failure).rejects.toThrow('x: cannot be read to its end (ENOTDIR)');
});

it('shows the first bytes before it reads the rest, and reads no more of what is refused', async () => {
  let count = 0;
  const endless = async function* () {
    for (;;) {
      count += 1;
      yield Buffer.alloc(1000, count);
    }
  };
  const heads: Buffer[] = [];
  const refuse = async (head: Buffer) => {
    heads.push(Buffer.from(head));
    throw new ImageError('no image');
  };
  await expect(spool(endless(), 'x', { maxBytes: 1e9, inspect: refuse })).rejects.toThrow('no image');
  expect(heads.map(({ length }) => length)).toEqual([65_536]);
  expect(count).toBe(66);
});

it('shows the first bytes of what is smaller than they may be', async () => {
  const seen: number[] = [];
  const note = async ({ length }: Buffer) => seen.push(length);
  await spool(pieces(randomBytes(10), 3), 'x', { maxBytes: 10, inspect: note });
  expect(seen).toEqual([10]);
});

it('reads no more of an endless stream than is allowed', async () => {
  let bytes = 0;
  let isLetGo = false;
  const endless = async function* () {
    try {
      for (;;) {
        bytes += 65_536;
        yield Buffer.alloc(65_536);
      }
    } finally {
      isLetGo = true;
    }
  };
  await expect(spool(endless(), 'x', { maxBytes: 2_000_000, inspect })).rejects.toThrow(
    'x: larger than 2,000,000 bytes',
  );
  expect(bytes).toBeLessThan(2_200_000);
  expect(isLetGo).toBe(true);
});

it('stops waiting for a stream that sends nothing when the signal is raised', async () => {
  const controller = new AbortController();
  const silent = new NodeStream({ read: () => queueMicrotask(() => controller.abort('enough')) });
  const spooled = spool(silent, 'x', { maxBytes: 1e6, inspect, signal: controller.signal });
  await expect(spooled).rejects.toThrow(AbortedError);
  expect(silent.destroyed).toBe(true);
});

it('does not start when the signal was raised before', async () => {
  const spooled = spool(pieces(randomBytes(10), 3), 'x', {
    maxBytes: 10,
    inspect,
    signal: AbortSignal.abort(),
  });
  await expect(spooled).rejects.toThrow(AbortedError);
});

it('says what the system says of a stream that breaks', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'folder'));
  const broken = spool(createReadStream(join(folder, 'folder')), 'x', { maxBytes: 1e6, inspect });
  await expect(broken).rejects.toThrow('x: cannot be read to its end (EISDIR)');
});

it('copies what it keeps, as the sender may use its memory again', async () => {
  const memory = Buffer.alloc(3);
  const reused = async function* () {
    for (const text of ['abc', 'def']) {
      memory.write(text);
      yield memory;
    }
  };
  const readable = await spool(reused(), 'x', { maxBytes: 6, inspect });
  expect(String(await readAll(readable.open()))).toBe('abcdef');
});

it('wants bytes, not text', async () => {
  const text = NodeStream.from(['abc']) as unknown as AsyncIterable<Uint8Array>;
  await expect(spool(text, 'x', { maxBytes: 6, inspect })).rejects.toThrow(
    'x: a stream of text, not of bytes',
  );
});

function randomBytes(length: number): Buffer {
  const dice = createDice(length);
  return Buffer.from(Array.from({ length }, () => dice.below(256)));
}

async function* pieces(data: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}
