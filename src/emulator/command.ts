import { readCommandLine } from './command-line.ts';
import type { Emulator, EmulatorOptions, RecordedRequest } from './emulator.ts';
import { describeImage } from './honest-answer.ts';
import { startEmulator } from './server.ts';

/** What the command needs of the process. */
export interface EmulatorIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Ends the command; a number as its reason is the exit code. */
  readonly signal: AbortSignal;
}

/** Runs `describe-image-emulator` until the signal is raised, and returns its exit code. */
export async function runEmulator(argv: readonly string[], io: EmulatorIo): Promise<number> {
  const command = readCommandLine(argv);
  if (command.kind === 'wrong') {
    io.stderr.write(`describe-image-emulator: ${command.problem}\nSee describe-image-emulator --help.\n`);
    return 2;
  }
  if (command.kind === 'show') {
    io.stdout.write(command.text);
    return 0;
  }
  const log = (request: RecordedRequest) => io.stderr.write(`${requestLine(request)}\n`);
  const emulator = await start(
    command.isQuiet ? command.options : { ...command.options, onRequest: log },
    io,
  );
  if (emulator === undefined) return 2;
  emulator.enqueue(...command.replies);
  io.stdout.write(`${emulator.url}\n`);
  if (!command.isQuiet) io.stderr.write(howToUse(emulator.url, command.options));
  await raised(io.signal);
  await emulator.close();
  return typeof io.signal.reason === 'number' ? io.signal.reason : 0;
}

async function start(options: EmulatorOptions, io: EmulatorIo): Promise<Emulator | undefined> {
  try {
    return await startEmulator(options);
  } catch (error) {
    io.stderr.write(`describe-image-emulator: ${explain(error, options)}\n`);
    return undefined;
  }
}

function explain(error: unknown, { host, port }: EmulatorOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') return `port ${port} is in use; omit --port to use a free one`;
  if (code === 'EACCES') return `permission denied for port ${port}; use one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `this machine does not have the address ${host}`;
  return `cannot listen on ${host}: ${error instanceof Error ? error.message : error}`;
}

function howToUse(url: string, { apiKeys }: EmulatorOptions): string {
  const key = apiKeys === undefined ? 'emulator' : 'KEY';
  const environment = `GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=${key}`;
  return `Listening. In another terminal:\n  ${environment} describe-image photo.jpg\n`;
}

function raised(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** One line about a request: method, path without the key, status, and what arrived or what was wrong. */
function requestLine({ method, path, status, images, problem, aborted }: RecordedRequest): string {
  const facts = [
    aborted ? 'client disconnected' : status === 0 ? 'no answer' : String(status),
    ...images.map(describeImage),
    ...(problem === undefined ? [] : [problem.message.trim()]),
  ];
  return printable(`${method} ${hideKeys(path)} ${facts.join(' · ')}`);
}

function hideKeys(path: string): string {
  return path.replace(/([?&])([^=&?]*)=[^&]*/g, (pair, before: string, name: string) => {
    return new URLSearchParams(`${name}=`).has('key') ? `${before}${name}=[key]` : pair;
  });
}

/** What a client sent must not control the terminal that shows it. */
function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
}
