import { writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { redact } from '../api/redact.ts';
import { createEffects, type Effects } from '../engine/tools.ts';
import { codeOf, OutputError } from '../errors.ts';
import { describeBug, exitCodes } from './exit-codes.ts';

/** Everything outside that the command line touches; tests hand in their own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input, not touched before it is asked for. */
  readonly stdin: () => Readable;
  /** Whether a person would have to type what is read from standard input. */
  readonly isStdinTerminal: () => boolean;
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * From now on Ctrl-C asks to finish what is begun, by the signal that is returned, and only the second one ends the program.
   *
   * @param onFinish told when that happens
   */
  readonly finishFirst: (onFinish: () => void) => AbortSignal;
  /** Does something when the process ends, however that comes; it must not wait for anything. */
  readonly atEnd: (work: () => void) => void;
  /** Which process this is: its number, the machine's name, and when it started. */
  readonly owner: () => Promise<{ readonly pid: number; readonly host: string; readonly startedAt: Date }>;
  /** Whether there is a process of that number on this machine. */
  readonly isAlive: (pid: number) => boolean;
  /** Raised when the person or the system wants the program to end; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** The proxy that the environment names for a URL, credentials included. */
  readonly proxyFor: (url: URL) => Promise<string | undefined>;
  /** Network, clock and dice; the real ones where there are none. */
  readonly effects?: Effects;
  /** Keeps what V8 has compiled of the program, for the next start. */
  readonly keepCompiled?: (() => void) | undefined;
}

export interface Output {
  readonly isTerminal: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Whether the reader has gone: it has seen enough, and no more need be made for it. */
  readonly isGone: () => boolean;
  /** Resolves once the text is handed over, so that a slow reader is waited for. */
  readonly write: (text: string | Uint8Array) => Promise<void>;
  /** The stream itself, for what draws on a terminal. */
  readonly stream: NodeJS.WritableStream & { readonly columns?: number };
}

/** The real thing: this process's streams, environment and signals. */
export function systemIo(keepCompiled?: () => void): Io {
  silenceDebugging();
  process.once('uncaughtException', crash);
  const stop = new AbortController();
  let finishing: (() => void) | undefined;
  const interrupt = () => {
    if (finishing === undefined) return stop.abort('SIGINT');
    finishing();
    finishing = undefined;
  };
  // Once it is to end, the next signal ends it at once. Each keeps one listener: without any, Node would die of it uncleaned.
  process.on('SIGINT', () => (stop.signal.aborted ? endProcess(exitCodes.interrupted.code) : interrupt()));
  process.on('SIGTERM', () =>
    stop.signal.aborted ? endProcess(exitCodes.terminated.code) : stop.abort('SIGTERM'),
  );
  return {
    finishFirst: (onFinish) => {
      const finish = new AbortController();
      finishing = () => {
        finish.abort('SIGINT');
        onFinish();
      };
      return finish.signal;
    },
    atEnd: (work) => void lastWorks.push(work),
    owner: async () => ({
      pid: process.pid,
      host: (await import('node:os')).hostname(),
      startedAt: new Date(performance.timeOrigin),
    }),
    isAlive,
    stdout: outputTo(() => process.stdout),
    stderr: outputTo(() => process.stderr),
    stdin: () => process.stdin,
    isStdinTerminal: () => process.stdin.isTTY === true,
    platform: process.platform,
    environment: process.env,
    proxyFor: (url) => proxyFor(url, process.env),
    signal: stop.signal,
    // The clock of `performance` takes a millisecond to load.
    effects: createEffects(() => Number(process.hrtime.bigint()) / 1e6),
    keepCompiled,
  };
}

/**
 * What Node prints for NODE_DEBUG, and the proxies' agents for DEBUG, holds headers and URLs, and with them the key and the
 * proxy's password. Node has read its variable before this program begins, so its lines are stopped where they are written.
 * Format: https://nodejs.org/api/util.html#utildebuglogsection-callback
 */
function silenceDebugging(): void {
  if (process.env.DEBUG !== undefined) delete process.env.DEBUG;
  if (process.env.NODE_DEBUG === undefined) return;
  const { stderr } = process;
  const write = stderr.write.bind(stderr) as (...args: readonly unknown[]) => boolean;
  const isDebugging = new RegExp(`^\\S+ (?:\\u001b\\[\\d+m)?${process.pid}\\b`);
  stderr.write = ((...args: readonly unknown[]) =>
    isDebugging.test(String(args[0])) || write(...args)) as typeof stderr.write;
}

/** What is done when the process ends. */
const lastWorks: (() => void)[] = [];

/**
 * Ends the process with an exit code, once all is written. Who was told to stop ends by that signal, so that a shell's loop
 * ends too; Windows knows no such end. From here on every signal has its default effect: Node waits for names that are
 * being looked up, which may take half a minute, and Ctrl-C must not.
 */
export function endProcess(exitCode: number): void {
  for (const work of lastWorks) work();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(name);
  if (process.platform === 'win32') process.exit(exitCode);
  if (exitCode === exitCodes.interrupted.code) process.kill(process.pid, 'SIGINT');
  else if (exitCode === exitCodes.terminated.code) process.kill(process.pid, 'SIGTERM');
  else process.exit(exitCode);
}

/** A process that belongs to somebody else is alive, too: https://man7.org/linux/man-pages/man2/kill.2.html */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Loads the rules of HTTP_PROXY, HTTPS_PROXY and NO_PROXY where one of them is set. */
async function proxyFor(url: URL, environment: Io['environment']): Promise<string | undefined> {
  const names = ['https_proxy', 'http_proxy', 'all_proxy'];
  if (!names.some((name) => environment[name] || environment[name.toUpperCase()])) return undefined;
  const { getProxyForUrl } = await import('proxy-from-env');
  return getProxyForUrl(url.href) || undefined;
}

/** A stream that is opened when it is needed: many runs say nothing on standard error. */
function outputTo(open: () => NodeJS.WriteStream): Output {
  let isGone = false;
  let opened: NodeJS.WriteStream | undefined;
  const stream = () => {
    if (opened !== undefined) return opened;
    opened = open();
    // Errors reach the writer below, too; without a listener they would end the process.
    opened.on('error', (error: NodeJS.ErrnoException) => {
      isGone ||= error.code === 'EPIPE';
    });
    return opened;
  };
  return {
    isGone: () => isGone,
    get isTerminal() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns || 80;
    },
    get stream() {
      return stream();
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        stream().write(text, (error) => (error ? settleFailedWrite(error, resolve, reject) : resolve()));
      }),
  };
}

/** A reader that has seen enough, such as head(1), is a normal end; anything else is not. */
function settleFailedWrite(
  error: NodeJS.ErrnoException,
  resolve: () => void,
  reject: (error: Error) => void,
): void {
  if (error.code === 'EPIPE') resolve();
  else
    reject(
      new OutputError(`the answer could not be written (${error.code})`, {
        hint: 'Check that the disk is not full.',
        cause: error,
      }),
    );
}

/** Ends the program on what nobody foresaw, such as an error thrown by a callback. */
function crash(error: Error): void {
  const lines = process.argv.includes('--debug') ? [...describeBug(error), error.stack] : describeBug(error);
  let text = `describe-image: ${lines.join('\n  ')}\n`;
  for (const name of ['GEMINI_API_KEY', 'GOOGLE_API_KEY']) text = redact(text, process.env[name]?.trim());
  writeSync(process.stderr.fd, text);
  endProcess(exitCodes.bug.code);
}
