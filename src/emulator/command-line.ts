import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { EmulatorOptions, Reply } from './emulator.ts';
import { faults, isFaultName } from './faults.ts';

/** What the command was told. */
export type CommandLine =
  | {
      readonly kind: 'serve';
      readonly options: EmulatorOptions;
      /** What the first requests get. */
      readonly replies: readonly Reply[];
      readonly isQuiet: boolean;
    }
  | { readonly kind: 'show'; readonly text: string }
  | { readonly kind: 'wrong'; readonly problem: string };

/** Every option of `describe-image-emulator`: the name of its value, none for a switch, and the help. */
const options = {
  port: ['N', 'port to listen on (default: any free port)'],
  host: ['ADDRESS', 'loopback address to listen on (default: 127.0.0.1)'],
  key: ['KEY', 'accept this key only; repeatable (default: any key)'],
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

type OptionName = keyof typeof options;

/** Reads the arguments of `describe-image-emulator`. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  try {
    const given = parse(argv);
    if (given.help.length > 0) return { kind: 'show', text: helpText() };
    if (given['list-faults'].length > 0) return { kind: 'show', text: faultList() };
    return readSettings(given);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'wrong', problem: error.message };
    throw error;
  }
}

class UsageError extends Error {}

/** What was given for each option; switches are empty text. */
type Given = Readonly<Record<OptionName, readonly string[]>>;

function parse(argv: readonly string[]): Given {
  const rows = Object.entries(options).map(([name, [value]]) => {
    const type = value === '' ? 'boolean' : 'string';
    return [name, { type, multiple: true, ...(name === 'help' && { short: 'h' }) }] as const;
  });
  try {
    const { values } = parseArgs({ args: [...argv], options: Object.fromEntries(rows), strict: true });
    const lists = rows.map(([name]) => [name, ((values[name] ?? []) as unknown[]).map(String)]);
    return Object.fromEntries(lists) as Given;
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error)) throw error;
    const sentence = error.message.split(/\.\s|\n/)[0] ?? '';
    throw new UsageError(sentence.charAt(0).toLowerCase() + sentence.slice(1));
  }
}

function helpText(): string {
  const rows = Object.entries(options).map(
    ([name, [value, help]]) => [`--${name} ${value}`.trim(), help] as const,
  );
  return `Usage: describe-image-emulator [options]

A local server that emulates the API, for trying out scripts without a key.
It checks every request as strictly as the service and answers with what
arrived. It prints its address to stdout and stops on Ctrl-C.

Options:
${columns(rows, '  ')}`;
}

function faultList(): string {
  return columns(Object.entries(faults).map(([name, { about }]) => [name, about] as const));
}

function columns(rows: readonly (readonly [string, string])[], indent = ''): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${indent}${name.padEnd(width)}  ${text}\n`).join('');
}

function readSettings(given: Given): CommandLine {
  const isForever = given.forever.length > 0;
  const times = whole(given, 'times', 1, 100_000);
  const replies = given.fault.map(readFault);
  if (isForever && replies.length !== 1) throw new UsageError('--forever requires exactly one --fault');
  if (isForever && times !== undefined) throw new UsageError('--forever and --times cannot be combined');
  if (times !== undefined && replies.length === 0) throw new UsageError('--times requires a --fault');
  if (isForever && given.answer.length > 0) throw new UsageError('--forever and --answer cannot be combined');
  if (given.key.includes('')) throw new UsageError('--key must not be empty');
  return {
    kind: 'serve',
    options: {
      host: readHost(given.host.at(-1) ?? '127.0.0.1'),
      port: whole(given, 'port', 0, 65_535) ?? 0,
      apiKeys: given.key.length > 0 ? given.key : undefined,
      models: given.model,
      bodyLimitBytes: whole(given, 'body-limit', 1, Number.MAX_SAFE_INTEGER),
      delayMs: whole(given, 'delay', 0, 2_147_483_647),
      streamDelayMs: whole(given, 'stream-delay', 0, 2_147_483_647),
      otherwise: isForever ? replies[0] : readAnswer(given.answer.at(-1)),
      isRecording: false,
    },
    replies: isForever ? [] : replies.flatMap((reply) => Array<Reply>(times ?? 1).fill(reply)),
    isQuiet: given.quiet.length > 0,
  };
}

/** The emulator has no encryption and accepts any key, so it stays on this machine. */
function readHost(host: string): string {
  if (host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)) return host;
  throw new UsageError(`--host ${host} is not a loopback address; use 127.0.0.1, ::1 or localhost`);
}

function whole(given: Given, name: OptionName, least: number, greatest: number): number | undefined {
  const text = given[name].at(-1);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= greatest) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${greatest}, not ${text}`);
}

function readAnswer(answer: string | undefined): Reply | undefined {
  if (answer === undefined) return undefined;
  if (!answer.startsWith('@')) return { isHonest: true, text: answer };
  try {
    return { isHonest: true, text: readFileSync(answer.slice(1), 'utf8') };
  } catch (error) {
    throw new UsageError(`cannot read the answer: ${error instanceof Error ? error.message : error}`);
  }
}

function readFault(name: string): Reply {
  if (isFaultName(name)) return faults[name].reply;
  throw new UsageError(`there is no fault ${name}; --list-faults lists them`);
}
