import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { faults, isFaultName } from './faults.ts';
import { describeImage } from './honest-answer.ts';
import { startEmulator } from './server.ts';
import type { EmulatorOptions, RecordedRequest, Reply } from './types.ts';

/** What the command needs of the process. */
export interface EmulatorIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Ends the command; a number as its reason is the exit code. */
  readonly signal: AbortSignal;
}

/** Every option of `describe-image-emulator`: the name of its value, none for a switch, and the help. */
const rows = {
  port: ['N', 'port to listen on (default: one that is free)'],
  host: ['ADDRESS', 'loopback address to listen on (default: 127.0.0.1)'],
  key: ['KEY', 'accept only this key; repeatable (default: all)'],
  model: ['NAME', 'accept this model as well; repeatable'],
  'body-limit': ['BYTES', 'refuse larger requests (default: 104857600)'],
  answer: ['TEXT|@FILE', 'answer good requests with this text'],
  fault: ['NAME', 'answer the next request with this fault; repeatable'],
  times: ['N', 'send each fault this many times (default: 1)'],
  forever: ['', 'answer every request with the fault'],
  delay: ['MS', 'wait before every answer (default: 0)'],
  'stream-delay': ['MS', 'wait between two events of a stream (default: 0)'],
  quiet: ['', 'print nothing but the address'],
  'list-faults': ['', 'list the faults it can simulate'],
  help: ['', 'show this help'],
} as const;

type OptionName = keyof typeof rows;

/** What was given for each option, in order. */
type Given = Readonly<Record<OptionName, readonly string[]>>;

class UsageError extends Error {}

/** Runs `describe-image-emulator` until the signal is raised, and returns its exit code. */
export async function runEmulator(argv: readonly string[], io: EmulatorIo): Promise<number> {
  try {
    const given = parse(argv);
    if (given.help.length > 0) io.stdout.write(helpText());
    else if (given['list-faults'].length > 0) io.stdout.write(faultList());
    else return await serve(given, io);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`describe-image-emulator: ${error.message}\n`);
    return 2;
  }
}

function parse(argv: readonly string[]): Given {
  const options = Object.entries(rows).map(([name, [value]]) => {
    const type = value === '' ? 'boolean' : 'string';
    return [name, { type, multiple: true, ...(name === 'help' && { short: 'h' }) }] as const;
  });
  try {
    const { values } = parseArgs({ args: [...argv], options: Object.fromEntries(options), strict: true });
    const lists = options.map(([name]) => [name, ((values[name] ?? []) as unknown[]).map(String)]);
    return Object.fromEntries(lists) as Given;
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error)) throw error;
    const [sentence = ''] = error.message.split(/\.\s|\n/);
    return refuse(sentence.charAt(0).toLowerCase() + sentence.slice(1));
  }
}

function refuse(problem: string): never {
  throw new UsageError(`${problem}\nSee describe-image-emulator --help.`);
}

function helpText(): string {
  const options = Object.entries(rows).map(([name, [value, help]]) => [`--${name} ${value}`.trim(), help]);
  return `Usage: describe-image-emulator [options]

A local server that emulates the API, for trying out scripts without a key.
It checks every request as strictly as the service and answers with what
arrived. It prints its address to stdout and stops on Ctrl-C.

Options:
${columns(options, '  ')}`;
}

function faultList(): string {
  return columns(Object.entries(faults).map(([name, { about }]) => [name, about]));
}

function columns(lines: readonly (readonly string[])[], indent = ''): string {
  const width = Math.max(...lines.map(([name = '']) => name.length));
  return lines.map(([name = '', text]) => `${indent}${name.padEnd(width)}  ${text}\n`).join('');
}

async function serve(given: Given, io: EmulatorIo): Promise<number> {
  const replies = given.fault.map(readFault);
  const isForever = given.forever.length > 0;
  const isQuiet = given.quiet.length > 0;
  const times = whole(given, 'times', 1, 100_000);
  if (isForever && replies.length !== 1) refuse('--forever requires exactly one --fault');
  if (isForever && times !== undefined) refuse('--forever and --times cannot be combined');
  if (isForever && given.answer.length > 0) refuse('--forever and --answer cannot be combined');
  if (times !== undefined && replies.length === 0) refuse('--times requires a --fault');
  if (given.key.includes('')) refuse('--key must not be empty');
  const options: EmulatorOptions = {
    host: readHost(given.host.at(-1) ?? '127.0.0.1'),
    port: whole(given, 'port', 0, 65_535) ?? 0,
    apiKeys: given.key.length > 0 ? given.key : undefined,
    models: given.model,
    bodyLimitBytes: whole(given, 'body-limit', 1, Number.MAX_SAFE_INTEGER),
    delayMs: whole(given, 'delay', 0, 2_147_483_647),
    streamDelayMs: whole(given, 'stream-delay', 0, 2_147_483_647),
    otherwise: isForever ? replies[0] : readAnswer(given.answer.at(-1)),
    isRecording: false,
    onRequest: isQuiet ? undefined : (request) => io.stderr.write(requestLine(request)),
  };
  const emulator = await startEmulator(options).catch((error: unknown) => {
    throw new UsageError(whyNotListening(error, options));
  });
  if (!isForever) for (const reply of replies) emulator.enqueue(...Array<Reply>(times ?? 1).fill(reply));
  io.stdout.write(`${emulator.url}\n`);
  if (!isQuiet) {
    const key = given.key.length > 0 ? 'KEY' : 'emulator';
    const environment = `GOOGLE_GEMINI_BASE_URL=${emulator.url} GEMINI_API_KEY=${key}`;
    io.stderr.write(`Listening. In another terminal:\n  ${environment} describe-image photo.jpg\n`);
  }
  if (!io.signal.aborted) await once(io.signal, 'abort');
  await emulator.close();
  return typeof io.signal.reason === 'number' ? io.signal.reason : 0;
}

function readFault(name: string): Reply {
  return isFaultName(name)
    ? faults[name].reply
    : refuse(`there is no fault ${name}; --list-faults lists them`);
}

function whole(given: Given, name: OptionName, least: number, greatest: number): number | undefined {
  const text = given[name].at(-1);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= greatest) return value;
  return refuse(`--${name} takes a whole number from ${least} to ${greatest}, not ${text}`);
}

/** The emulator has no encryption and accepts any key, so it stays on this machine. */
function readHost(host: string): string {
  if (host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)) return host;
  return refuse(`--host ${host} is not a loopback address; use 127.0.0.1, ::1 or localhost`);
}

function readAnswer(answer: string | undefined): Reply | undefined {
  if (answer === undefined) return undefined;
  if (!answer.startsWith('@')) return { isHonest: true, text: answer };
  try {
    return { isHonest: true, text: readFileSync(answer.slice(1), 'utf8') };
  } catch (error) {
    return refuse(`cannot read the answer: ${error instanceof Error ? error.message : error}`);
  }
}

function whyNotListening(error: unknown, { host, port }: EmulatorOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') return `port ${port} is in use; omit --port to use a free one`;
  if (code === 'EACCES') return `permission denied for port ${port}; use one above 1023`;
  if (code === 'EADDRNOTAVAIL') return `this machine does not have the address ${host}`;
  return `cannot listen on ${host}: ${error instanceof Error ? error.message : error}`;
}

/** One line about a request: method, path without the key, status, and what arrived or what was wrong. */
function requestLine({ method, path, status, images, problem, aborted }: RecordedRequest): string {
  const end = aborted ? 'client disconnected' : status === 0 ? 'no answer' : String(status);
  const facts = [end, ...images.map(describeImage), problem?.message.trim() ?? []].flat();
  const safePath = path.replace(/([?&])([^=&?]*)=[^&]*/g, (pair, before: string, name: string) => {
    return new URLSearchParams(`${name}=`).has('key') ? `${before}${name}=[key]` : pair;
  });
  // What a client sent must not control the terminal that shows it.
  const line = `${method} ${safePath} ${facts.join(' · ')}`.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
  return `${line}\n`;
}
