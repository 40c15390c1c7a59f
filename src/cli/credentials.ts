import { statSync } from 'node:fs';
import { sep } from 'node:path';
import { CredentialError } from '../errors.ts';
import type { Io } from './io.ts';
import { explainReadFailure, readTextFile } from './read-text.ts';

interface Credential {
  readonly apiKey: string;
  readonly warning?: string;
}

/** No key is longer; a file named by mistake is. */
const mostKeyBytes = 64 * 1024;

/**
 * Finds the API key: `--api-key-file`, then GOOGLE_API_KEY, then GEMINI_API_KEY, in the order of Google's own SDKs.
 * See https://ai.google.dev/gemini-api/docs/api-key. Undefined where there is none.
 */
export async function findApiKey(
  keyFile: string | undefined,
  { environment, signal }: Pick<Io, 'environment' | 'signal'>,
): Promise<Credential | undefined> {
  if (keyFile !== undefined)
    return { apiKey: await readKeyFile(keyFile, signal), ...keyFileWarning(keyFile) };
  const google = environment.GOOGLE_API_KEY?.trim() || undefined;
  const gemini = environment.GEMINI_API_KEY?.trim() || undefined;
  const apiKey = google ?? gemini;
  if (apiKey === undefined) return undefined;
  if (google === undefined || gemini === undefined || google === gemini) return { apiKey };
  return {
    apiKey,
    warning: 'GOOGLE_API_KEY and GEMINI_API_KEY are both set and differ; GOOGLE_API_KEY is used',
  };
}

/** A key that others can read is not a secret. Windows has no such bits, and a pipe is read once. */
function keyFileWarning(path: string): { warning?: string } {
  const stats = statSync(path, { throwIfNoEntry: false });
  const isOpen = stats?.isFile() === true && (stats.mode & 0o077) !== 0 && sep === '/';
  return isOpen ? { warning: `other users can read the key file ${path}; restrict it with chmod 600` } : {};
}

/** What to say when no key was found. */
export function missingKey(environment: Io['environment']): CredentialError {
  const empty = ['GEMINI_API_KEY', 'GOOGLE_API_KEY'].filter((name) => environment[name] !== undefined);
  const why =
    empty.length > 0
      ? `${empty.join(' and ')} set but empty`
      : 'neither GEMINI_API_KEY nor GOOGLE_API_KEY is set';
  return new CredentialError(`no API key: ${why}`, {
    hint: 'Set GEMINI_API_KEY; get a key at https://aistudio.google.com/apikey',
  });
}

async function readKeyFile(path: string, signal: AbortSignal): Promise<string> {
  const text = await readTextFile(path, mostKeyBytes, signal).catch((cause: unknown) => {
    // A name that no file has may be the key itself, so it is not repeated, nor what the system says of it.
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    const which = isThere ? ` ${path}` : '';
    throw new CredentialError(`the key file${which} ${explainReadFailure(cause)}`, {
      hint: 'Use --api-key-file with a file that contains only the key.',
      cause: isThere ? cause : undefined,
    });
  });
  if (text.trim() === '')
    throw new CredentialError(`the key file ${path} is empty`, { hint: 'Write only the key into it.' });
  return text.trim();
}
