import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable as Stream } from 'node:stream';
import { AbortedError, DescribeImageError, ImageError } from '../errors.ts';
import { shortLine } from '../printable.ts';
import { option, say } from '../sentence.ts';
import { type ByteSource, chunkBytes, fromMemory, readPiece } from './bytes.ts';
import { closeLookBytes } from './formats/fast-sniff.ts';

export interface SpoolOptions {
  /** Of a stream that holds more, no more is read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Sees the first bytes before the rest is read, and may throw: what is no image need not be kept. */
  readonly inspect: (head: Buffer) => Promise<unknown>;
}

/** What fits into memory without being noticed stays there. */
const maxMemoryBytes = 1024 * 1024;

/**
 * Reads a stream to its end and keeps its bytes, so that another attempt can send them again: small ones in memory, others
 * in a temporary file that no folder lists and that is gone with the process, however it ends.
 * Throws an `ImageError` for a stream that is empty, too large or broken, and an `AbortedError`.
 */
export async function spool(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { maxBytes, signal, inspect }: SpoolOptions,
): Promise<ByteSource> {
  const kept = createKeeper();
  try {
    let isInspected = false;
    for await (const chunk of untilAborted(chunks, signal)) {
      kept.add(bytesOf(chunk, name));
      if (!isInspected && kept.bytes() >= closeLookBytes) {
        isInspected = true;
        await inspect(kept.head());
      }
      if (kept.bytes() > maxBytes) throw tooLarge(maxBytes);
    }
    if (!isInspected && kept.bytes() > 0) await inspect(kept.head());
    return kept.finish();
  } catch (error) {
    kept.drop();
    if (error instanceof ImageError) throw error.about(name);
    // Whatever a stream fails with, it is this image that cannot be read.
    throw error instanceof DescribeImageError ? error : broken(error, name);
  }
}

/** Passes chunks on until the signal is raised, even while the next one is waited for. */
async function* untilAborted<T>(
  chunks: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  // One promise for each chunk: a race with a single one that lives as long as the stream would keep every chunk alive.
  let abort: () => void = () => undefined;
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      abort = () => reject(new AbortedError('aborted', { cause: signal?.reason }));
      if (signal?.aborted) abort();
      else iterator.next().then(resolve, reject);
    });
  const stop = () => abort();
  signal?.addEventListener('abort', stop);
  let isDone = false;
  try {
    for (let result = await next(); ; result = await next()) {
      isDone = result.done === true;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    if (!isDone) stopReading(chunks, iterator);
  }
}

/** Not waited for: who does not send need not answer to this either. Node's streams do not, unless they are destroyed. */
function stopReading<T>(chunks: AsyncIterable<T>, iterator: AsyncIterator<T>): void {
  if (chunks instanceof Stream) chunks.destroy();
  else void Promise.resolve(iterator.return?.()).catch(() => undefined);
}

interface Keeper {
  readonly bytes: () => number;
  readonly add: (chunk: Buffer) => void;
  /** The first bytes. */
  readonly head: () => Buffer;
  readonly finish: () => ByteSource;
  readonly drop: () => void;
}

function createKeeper(): Keeper {
  let inMemory: Buffer[] = [];
  let file: number | undefined;
  let folder = '';
  let bytes = 0;
  const add = (chunk: Buffer) => {
    bytes += chunk.length;
    if (file !== undefined) return writeAll(file, chunk);
    // Whoever sends the chunks may use their memory again.
    inMemory.push(Buffer.from(chunk));
    if (bytes <= maxMemoryBytes) return;
    ({ file, folder } = openUnlisted());
    for (const piece of inMemory) writeAll(file, piece);
    inMemory = [];
  };
  const readAt = (offset: number, length: number) =>
    file === undefined
      ? Buffer.concat(inMemory).subarray(offset, offset + length)
      : readPiece(file, Buffer.allocUnsafe(Math.min(length, Math.max(0, bytes - offset))), offset);
  const drop = () => {
    if (file !== undefined) {
      closeSync(file);
      // Where the name outlived the deletion.
      rmSync(folder, { recursive: true, force: true });
    }
    file = undefined;
    inMemory = [];
  };
  return {
    bytes: () => bytes,
    add,
    head: () => readAt(0, closeLookBytes),
    finish: () =>
      file === undefined
        ? fromMemory(Buffer.concat(inMemory))
        : { bytes, readAt, open: () => streamPieces(readAt, bytes), settle: () => undefined, close: drop },
    drop,
  };
}

async function* streamPieces(readAt: ByteSource['readAt'], bytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes; offset += chunkBytes) yield readAt(offset, chunkBytes);
}

/** A new file that is deleted at once and lives on as long as it is open. Where that cannot be, it stays in its folder. */
function openUnlisted(): { readonly file: number; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'describe-image-'));
  const file = openSync(join(folder, 'image'), 'wx+', 0o600);
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Older Windows keeps a file's name until it is closed.
  }
  return { file, folder };
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function bytesOf(chunk: Uint8Array | string, name: string): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new ImageError('a stream of text, not of bytes', {
    hint: 'Pass a stream without an encoding.',
  }).about(name);
}

/** Says that an image is larger than what is read of it. */
export function tooLarge(maxBytes: number): ImageError {
  return new ImageError(`larger than ${maxBytes.toLocaleString('en')} bytes`, {
    hint: say`Raise ${option('maxRequestBytes')}, or scale it down with ${option('maxEdge')}.`,
  });
}

function broken(error: unknown, name: string): ImageError {
  const code =
    error instanceof Error
      ? shortLine('code' in error ? String(error.code) : error.message)
      : 'no reason given';
  const hint =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `The disk of ${tmpdir()}, where it is stored until it is sent, is full; set TMPDIR to another folder.`
      : `Check its source, and ${tmpdir()}, where it is stored until it is sent.`;
  return new ImageError(`cannot be read to its end (${code})`, { hint, cause: error }).about(name);
}
