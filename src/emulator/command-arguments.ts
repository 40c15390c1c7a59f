import { parseArgs } from 'node:util';
import { type FaultName, isFaultName } from './replies/faults.ts';

/** What the command was told. */
export type Command =
  | { readonly kind: 'serve'; readonly settings: CommandSettings }
  | { readonly kind: 'show'; readonly what: 'help' | 'faults' }
  | { readonly kind: 'wrong'; readonly problem: string };

export interface CommandSettings {
  readonly host: string;
  readonly port: number;
  readonly apiKeys: readonly string[] | undefined;
  readonly models: readonly string[] | undefined;
  readonly bodyLimitBytes: number | undefined;
  readonly delayMs: number;
  readonly faults: readonly FaultName[];
  /** How often each fault comes. */
  readonly times: number;
  readonly isForever: boolean;
  readonly isQuiet: boolean;
}

/** Reads the arguments of `describe-image-emulator`. */
export function readArguments(argv: readonly string[]): Command {
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true });
    if (values.help) return { kind: 'show', what: 'help' };
    if (values['list-faults']) return { kind: 'show', what: 'faults' };
    return { kind: 'serve', settings: readSettings(values) };
  } catch (error) {
    if (error instanceof WrongUsage) return { kind: 'wrong', problem: error.message };
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      return { kind: 'wrong', problem: firstSentence(error.message) };
    }
    throw error;
  }
}

export const usage = `Usage: describe-image-emulator [options]

A local server that speaks the API of describe-image, to try scripts against.
It checks every request as the real service does and answers with what arrived.
It prints its address on standard output and ends on Ctrl-C.

Options:
  --port N             listen on this port (any free one)
  --host ADDRESS       listen on this loopback address (127.0.0.1)
  --key KEY            accept only this key; may be repeated (any key)
  --model NAME         know this model as well; may be repeated
  --body-limit BYTES   refuse larger requests (104857600)
  --fault NAME         answer the first request so; repeated, the next ones
  --times N            each fault so many times (1)
  --forever            the one fault for every request
  --delay MS           wait before every answer (0)
  --quiet              say nothing but the address
  --list-faults        name the faults and what each does
  --help               show this
`;

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  key: { type: 'string', multiple: true },
  model: { type: 'string', multiple: true },
  'body-limit': { type: 'string' },
  fault: { type: 'string', multiple: true },
  times: { type: 'string' },
  forever: { type: 'boolean' },
  delay: { type: 'string' },
  quiet: { type: 'boolean' },
  'list-faults': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

class WrongUsage extends Error {}

function readSettings(values: Values): CommandSettings {
  const { fault = [], times, forever: isForever = false, quiet: isQuiet = false } = values;
  if (isForever && fault.length !== 1) throw new WrongUsage('--forever takes exactly one --fault');
  if (isForever && times !== undefined) throw new WrongUsage('--forever and --times exclude each other');
  if (times !== undefined && fault.length === 0) throw new WrongUsage('--times needs a --fault');
  if (values.key?.includes('')) throw new WrongUsage('--key needs a key that is not empty');
  return {
    host: readHost(values.host ?? '127.0.0.1'),
    port: readWhole('--port', values.port, 0, 65_535) ?? 0,
    apiKeys: values.key,
    models: values.model,
    bodyLimitBytes: readWhole('--body-limit', values['body-limit'], 1, Number.MAX_SAFE_INTEGER),
    delayMs: readWhole('--delay', values.delay, 0, 2_147_483_647) ?? 0,
    faults: fault.map(readFault),
    times: readWhole('--times', times, 1, 100_000) ?? 1,
    isForever,
    isQuiet,
  };
}

/** The emulator has no encryption and takes any key, so it stays on this machine. */
function readHost(host: string): string {
  if (host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)) return host;
  throw new WrongUsage(`--host ${host} is not a loopback address; 127.0.0.1, ::1 and localhost are`);
}

function readWhole(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new WrongUsage(`${name} takes a whole number from ${least} to ${most}, not ${text}`);
}

function readFault(name: string): FaultName {
  if (isFaultName(name)) return name;
  throw new WrongUsage(`there is no fault ${name}; --list-faults names them all`);
}

function firstSentence(message: string): string {
  const sentence = message.split(/\.\s|\n/)[0] ?? message;
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
