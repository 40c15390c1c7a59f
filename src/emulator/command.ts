import { type CommandSettings, readArguments, usage } from './command-arguments.ts';
import { honest } from './replies/build.ts';
import { type FaultName, faults } from './replies/faults.ts';
import { requestLine } from './request-line.ts';
import { startEmulator } from './server.ts';
import type { Emulator, EmulatorOptions } from './types.ts';

/** What the command needs of the process. */
export interface EmulatorIo {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends the command; a number as its reason is the exit code. */
  readonly signal: AbortSignal;
}

interface Output {
  write(text: string): unknown;
}

/** Runs `describe-image-emulator` until the signal is raised, and returns its exit code. */
export async function runEmulator(argv: readonly string[], io: EmulatorIo): Promise<number> {
  const command = readArguments(argv);
  if (command.kind === 'wrong') {
    io.stderr.write(`describe-image-emulator: ${command.problem}\nSee describe-image-emulator --help.\n`);
    return 2;
  }
  if (command.kind === 'show') {
    io.stdout.write(command.what === 'help' ? usage : listFaults());
    return 0;
  }
  const emulator = await start(command.settings, io);
  if (emulator === undefined) return 2;
  io.stdout.write(`${emulator.url}\n`);
  if (!command.settings.isQuiet) io.stderr.write(howToUse(emulator.url, command.settings));
  await raised(io.signal);
  await emulator.close();
  return typeof io.signal.reason === 'number' ? io.signal.reason : 0;
}

function listFaults(): string {
  const names = Object.keys(faults) as FaultName[];
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `${name.padEnd(width)}  ${faults[name].about}\n`).join('');
}

async function start(settings: CommandSettings, io: EmulatorIo): Promise<Emulator | undefined> {
  try {
    const emulator = await startEmulator({ ...options(settings), onRequest: logger(settings, io) });
    const replies = settings.faults.flatMap((name) => Array(settings.times).fill(faults[name].reply));
    if (!settings.isForever) emulator.enqueue(...replies);
    return emulator;
  } catch (error) {
    io.stderr.write(`describe-image-emulator: ${explain(error, settings)}\n`);
    return undefined;
  }
}

function options(settings: CommandSettings): EmulatorOptions {
  const { host, port, apiKeys, models, bodyLimitBytes, delayMs, isForever } = settings;
  const fault = isForever ? settings.faults[0] : undefined;
  const otherwise = fault === undefined ? honest : faults[fault].reply;
  return { host, port, apiKeys, models, bodyLimitBytes, delayMs, otherwise, isRecording: false };
}

function logger({ isQuiet }: CommandSettings, { stderr }: EmulatorIo): EmulatorOptions['onRequest'] {
  return isQuiet ? undefined : (request) => stderr.write(`${requestLine(request)}\n`);
}

function explain(error: unknown, { host, port }: CommandSettings): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') return `port ${port} is in use; leave --port out to get a free one`;
  if (code === 'EACCES') return `port ${port} needs more rights than you have; take one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `this machine has no address ${host}`;
  return `cannot listen on ${host}: ${error instanceof Error ? error.message : error}`;
}

function howToUse(url: string, { apiKeys }: CommandSettings): string {
  const key = apiKeys === undefined ? 'emulator' : 'KEY';
  const where = `GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=${key}`;
  return `Listening. Ask it from another terminal:\n  ${where} describe-image photo.jpg\n`;
}

function raised(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
