import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { AbortedError, ImageError } from '../../errors.ts';
import { shortLine } from '../../printable.ts';

export interface ClipboardOptions {
  readonly platform: NodeJS.Platform;
  /** Where the programs are found, what they are told, and whether there is a graphical session. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A larger image is refused. */
  readonly maxBytes: number;
  /** How long each program may take, of which there are at most five, one after the other. A whole number. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a program that ran to its end left behind. */
interface Output {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** The first line of standard error, fit to be repeated. */
  readonly complaint: string;
}

const maxStderrBytes = 64 * 1024;

/**
 * Runs a program, without a shell, and collects its output. `path` is absolute.
 * Throws an `ImageError` when it cannot be started, is killed, takes too long or says more than `maxOutputBytes`, and an
 * `AbortedError`; whatever its exit code, that is no error here.
 */
export async function runProgram(
  path: string,
  args: readonly string[],
  { environment, maxBytes, timeoutMs, signal }: ClipboardOptions,
  maxOutputBytes = maxBytes,
): Promise<Output> {
  const { execa } = await import('execa');
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });
  const timeLimit = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeLimit : AbortSignal.any([signal, timeLimit]);
  const running = execa(path, args, {
    env: environment,
    extendEnv: false,
    preferLocal: false,
    shell: false,
    // A folder that exists, and from which Windows may load libraries.
    cwd: dirname(path),
    stdin: 'ignore',
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: { stdout: maxOutputBytes, stderr: maxStderrBytes },
    cancelSignal: stop,
    killSignal: 'SIGKILL',
    reject: false,
  });
  // A child of the program lives on and may hold its output open; the wait for its end is over too.
  const hangUp = () => {
    running.stdout.destroy();
    running.stderr.destroy();
  };
  stop.addEventListener('abort', hangUp);
  const result = await running;
  stop.removeEventListener('abort', hangUp);

  const name = basename(path);
  const complaint = shortLine(Buffer.from(result.stderr).toString().trimStart().split('\n', 1)[0] ?? '');
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });
  if (result.isMaxBuffer && result.stdout.length >= maxOutputBytes) throw tooLarge(maxBytes);
  if (result.isCanceled) throw noAnswer(name, timeoutMs);
  if (result.code !== undefined) throw cannotStart(name, path, result.code);
  if (result.exitCode === undefined) throw ended(name, result.signal);
  const { buffer, byteOffset, byteLength } = result.stdout;
  return { exitCode: result.exitCode, stdout: Buffer.from(buffer, byteOffset, byteLength), complaint };
}

/** The program ran and says that it did not work. */
export function failed(program: string, complaint: string, exitCode: number): ImageError {
  const reason = complaint.replace(/^Error: /, '') || `exit code ${exitCode}`;
  return new ImageError(`${program} failed: ${reason}`, { hint: saveInstead });
}

/** The program was killed, though not by this one. */
function ended(program: string, signal: string | undefined): ImageError {
  return new ImageError(`${program} was ended by ${signal ?? 'a signal'}`, { hint: saveInstead });
}

/** The program did not end in time. */
function noAnswer(program: string, timeoutMs: number): ImageError {
  return new ImageError(`${program} did not answer within ${timeoutMs / 1000} s`, {
    hint: 'The program that owns the clipboard may be busy or closed; copy the image again.',
  });
}

/** The program is there and the system does not start it. */
function cannotStart(program: string, path: string, code: string): ImageError {
  const isDenied = code === 'EACCES' || code === 'EPERM';
  return new ImageError(
    isDenied ? `${program} may not be run: permission denied` : `${program} cannot be started (${code})`,
    { hint: `Check ${shortLine(path)} or install it again.` },
  );
}

/** The image is larger than the caller takes. */
export function tooLarge(maxBytes: number): ImageError {
  return new ImageError(`larger than ${maxBytes} bytes`, {
    hint: 'Save the image to a file and make it smaller.',
  });
}

const saveInstead = 'Save the image to a file and use that.';

/**
 * Finds a program on the PATH and returns its absolute path, so that nothing searches again: Windows would look into the
 * current folder first. Prefers one that may be run; undefined where there is none.
 */
export function findProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const path = environment.PATH ?? environment.Path ?? '';
  const found = path
    .split(delimiter)
    .filter(isTrusted)
    .map((folder) => join(folder, name))
    .filter(isFile);
  return found.find(isExecutable) ?? found[0];
}

/** An entry that is empty or relative means the current folder, and npm adds that of a project's packages. */
function isTrusted(folder: string): boolean {
  return isAbsolute(folder) && !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** There is nothing on the clipboard. */
export function empty(): ImageError {
  return new ImageError('empty', { hint: 'Copy an image first.' });
}

/** There is something, but neither an image nor files. */
export function notAnImage(isText: boolean): ImageError {
  return new ImageError(isText ? 'holds text, not an image' : 'holds neither an image nor text', {
    hint: 'Copy the image itself, not its URL or its file.',
  });
}

/** Files were copied in a file manager; `paths` may be empty where they cannot be learnt. */
export function holdsFiles(paths: readonly string[]): ImageError {
  const [path] = paths;
  if (path !== undefined && paths.length === 1) {
    return new ImageError('holds a file, not an image', {
      hint: `The clipboard holds the file ${shortLine(path)}: use that instead.`,
    });
  }
  const what = paths.length === 0 ? 'a file' : `${paths.length} files`;
  return new ImageError(`holds ${what}, not an image`, { hint: 'Use the file of one image instead.' });
}

/** An image is offered, and no bytes come. */
export function noBytes(): ImageError {
  return new ImageError('the image on it is empty, 0 bytes', { hint: 'Copy it again.' });
}
