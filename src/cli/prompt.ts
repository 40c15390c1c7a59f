import { UsageError } from '../errors.ts';
import type { Io } from './io.ts';
import { explainReadFailure, readText, readTextFile } from './text-file.ts';

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
      hint: '-p takes the prompt, @file or -; a prompt that begins with @ goes after the image.',
      cause,
    });
  });
  if (text.trim() === '')
    throw new UsageError(`${from} holds no prompt`, { hint: 'Write the question into it.' });
  return text.trimEnd();
}
