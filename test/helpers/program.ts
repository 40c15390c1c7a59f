import { Readable, Writable } from 'node:stream';
import type { Io, Output } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';
import { systemEffects } from '../../src/engine/tools.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Waits that were asked for, in milliseconds; none was made. */
  readonly waitsMs: readonly number[];
}

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What the environment names as a proxy. */
  readonly proxy?: string;
  readonly stdin?: string | Uint8Array;
  /** Whether standard output is a terminal. */
  readonly isStdoutTerminal?: boolean;
  /** Whether standard input is a terminal. */
  readonly isStdinTerminal?: boolean;
  /** Stands for standard error; a pipe unless given. */
  readonly terminal?: Writable;
  /** Stands for standard output. */
  readonly reader?: Writable;
  readonly signal?: AbortSignal;
  /** Stands for the first Ctrl-C of a batch. */
  readonly finish?: AbortSignal;
}

/** Runs the program in this process over real HTTP; only streams, clock and dice are the test's own. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  const stdout = record(options.reader);
  const stderr = record(options.terminal);
  const waitsMs: number[] = [];
  let skippedMs = 0;
  const io: Io = {
    stdout: { ...stdout.output, isTerminal: options.isStdoutTerminal ?? false },
    stderr: stderr.output,
    stdin: () => Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    finishFirst: () => options.finish ?? new AbortController().signal,
    atEnd: () => undefined,
    owner: async () => ({ pid: process.pid, host: 'test', startedAt: new Date(0) }),
    isAlive: () => true,
    isStdinTerminal: () => options.isStdinTerminal ?? false,
    platform: 'linux',
    environment: { ...options.environment },
    proxyFor: async () => options.proxy,
    signal: options.signal ?? new AbortController().signal,
    effects: {
      ...systemEffects,
      random: () => 0.5,
      // Nobody waits: the clock is put forward instead.
      now: () => Date.now() + skippedMs,
      monotonicNow: () => performance.now() + skippedMs,
      sleep: async (delayMs) => {
        waitsMs.push(delayMs);
        skippedMs += delayMs;
      },
    },
  };
  const exitCode = await run(argv, io);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), waitsMs };
}

function record(terminal: Writable | undefined): { readonly output: Output; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream =
    terminal ??
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
  const output: Output = {
    isTerminal: terminal !== undefined,
    isGone: () => false,
    columns: 80,
    stream,
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      }),
  };
  return { output, text: () => Buffer.concat(chunks).toString('utf8') };
}
