import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { codeOf, UsageError } from '../errors.ts';
import type { Io } from './io.ts';

/**
 * Reads a small text from a file or a pipe. Rejects with Node's own error when it cannot be read, and with a
 * `RangeError` when it holds more than `mostBytes` or is not UTF-8.
 */
export async function readTextFile(path: string, mostBytes: number, signal: AbortSignal): Promise<string> {
  return readText(createReadStream(path), mostBytes, signal);
}

/** Reads a stream to its end as UTF-8 text; see `readTextFile`. */
export async function readText(stream: Readable, mostBytes: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new RangeError(`is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new RangeError('is not UTF-8 text');
  }
}

/** Says in a few words why a text could not be read. */
export function explainReadFailure(error: unknown): string {
  if (error instanceof RangeError || !(error instanceof Error))
    return String(error instanceof Error ? error.message : error);
  const code = codeOf(error) || error.message;
  return (
    { ENOENT: 'does not exist', EISDIR: 'is a folder', EACCES: 'cannot be read: permission denied' }[code] ??
    `cannot be read (${code})`
  );
}

/** No prompt is longer; a file named by mistake is. */
const mostPromptBytes = 4 * 1024 * 1024;

/**
 * Resolves `-p`: `-` reads standard input, `@file` a file, anything else is the prompt itself.
 * Throws a `UsageError` for a prompt that is empty, not text, or cannot be read.
 */
export async function resolvePrompt(
  given: string,
  { stdin, signal }: Pick<Io, 'stdin' | 'signal'>,
): Promise<string> {
  if (given === '-') return read('standard input', () => readText(stdin(), mostPromptBytes, signal));
  if (!given.startsWith('@')) return given;
  const path = given.slice(1);
  return read(`the prompt file ${path}`, () => readTextFile(path, mostPromptBytes, signal));
}

async function read(from: string, readAll: () => Promise<string>): Promise<string> {
  const text = await readAll().catch((cause: unknown) => {
    throw new UsageError(`${from} ${explainReadFailure(cause)}`, {
      hint: 'Use -p with a prompt, @file or -; put a prompt that begins with @ after the image.',
      cause,
    });
  });
  if (text.trim() === '')
    throw new UsageError(`${from} contains no prompt`, { hint: 'Write the prompt into it.' });
  return text.trimEnd();
}
