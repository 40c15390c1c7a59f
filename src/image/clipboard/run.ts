import { basename, dirname } from 'node:path';
import { AbortedError } from '../../errors.ts';
import { shortLine } from '../../printable.ts';
import { cannotStart, ended, noAnswer, tooLarge } from './failures.ts';

export interface ClipboardOptions {
  readonly platform: NodeJS.Platform;
  /** Where the programs are found, what they are told, and whether there is a graphical session. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A larger image is refused. */
  readonly mostBytes: number;
  /** How long each program may take, of which there are at most five, one after the other. A whole number. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a program that ran to its end left behind. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** The first line of standard error, fit to be repeated. */
  readonly complaint: string;
}

const mostStderrBytes = 64 * 1024;

/**
 * Runs a program, without a shell, and collects its output. `path` is absolute.
 * Throws an `ImageError` when it cannot be started, is killed, takes too long or says more than `mostOutputBytes`, and an
 * `AbortedError`; whatever its exit code, that is no error here.
 */
export async function runProgram(
  path: string,
  words: readonly string[],
  { environment, mostBytes, timeoutMs, signal }: ClipboardOptions,
  mostOutputBytes = mostBytes,
): Promise<Output> {
  const { execa } = await import('execa');
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });
  const timeLimit = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeLimit : AbortSignal.any([signal, timeLimit]);
  const running = execa(path, words, {
    env: environment,
    extendEnv: false,
    preferLocal: false,
    shell: false,
    // A folder that exists, and from which Windows may load libraries.
    cwd: dirname(path),
    stdin: 'ignore',
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: { stdout: mostOutputBytes, stderr: mostStderrBytes },
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
  if (result.isMaxBuffer && result.stdout.length >= mostOutputBytes) throw tooLarge(mostBytes);
  if (result.isCanceled) throw noAnswer(name, timeoutMs);
  if (result.code !== undefined) throw cannotStart(name, path, result.code);
  if (result.exitCode === undefined) throw ended(name, result.signal);
  const { buffer, byteOffset, byteLength } = result.stdout;
  return { exitCode: result.exitCode, stdout: Buffer.from(buffer, byteOffset, byteLength), complaint };
}
