import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { spellingsOf, type Texts } from '../options/parse.ts';
import { isSwitch, optionTable, rowsOf } from '../options/table.ts';
import { version } from '../version.ts';
import { fullHelp, shortHelp } from './help.ts';

/** The arguments of a command line, sorted but not yet understood. */
export interface Arguments {
  readonly operands: readonly string[];
  /** What was typed for each option. */
  readonly given: Texts;
}

/** A command line either asks for a text, such as the help, or for work. */
export type Request =
  | { readonly text: string; readonly arguments?: undefined }
  | { readonly text?: undefined; readonly arguments: Arguments };

/** Reads any command line. Throws a `UsageError` for what the option table does not know. */
export function parseWithCommander(args: readonly string[]): Request {
  const program = new Command('describe-image').argument('[operands...]').exitOverride().helpOption(false);
  program.configureOutput({ writeErr: () => undefined });
  const given: Record<string, readonly string[]> = {};
  addOptions(program, (name, value) => {
    given[name] = [...(given[name] ?? []), value];
  });
  let asked: (() => string) | undefined;
  for (const [flags, text] of Object.entries(texts)) {
    addOption(program, flags, () => {
      asked ??= text;
    });
  }
  try {
    program.parse(fillIn(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Who asks for help need not get the rest right.
    if (asked === undefined) throw asUsageError(error);
  }
  return asked === undefined ? { arguments: { operands: program.args, given } } : { text: asked() };
}

/** What is printed in place of an answer; a key on the command line gets an explanation. */
const texts: Readonly<Record<string, () => string>> = {
  '-h': shortHelp,
  '--help': fullHelp,
  '-V, --version': () => `${version}\n`,
  ...Object.fromEntries(
    ['api-key', 'apiKey', 'api_key', 'apikey', 'key'].map((name) => [`--${name} [key]`, refuseApiKey]),
  ),
};

/** Gives options whose value may be left out one, so that they do not take the next operand for it. */
function fillIn(argv: readonly string[]): readonly string[] {
  const filled: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] as string;
    if (word === '--') return [...filled, ...argv.slice(at)];
    const optional = optionals.get(word);
    const next = argv[at + 1];
    const hasValue = next !== undefined && optional?.pattern.test(next) === true;
    filled.push(optional === undefined ? word : `${word}=${hasValue ? next : optional.fallback}`);
    if (hasValue) at += 1;
  }
  return filled;
}

type Recorder = (name: string, text: string) => void;

function addOptions(program: Command, record: Recorder): void {
  for (const { name, flag, short, isNegative } of spellings) {
    const row = rows.get(name);
    if (row === undefined) continue;
    const value = isSwitch(row) ? '' : row.optional ? ` [${row.argument}]` : ` <${row.argument}>`;
    const flags = `${short === undefined ? '' : `${short}, `}${flag}${value}`;
    addOption(program, flags, (text) => record(name, isNegative ? 'no' : (text ?? '')));
  }
}

function addOption(program: Command, flags: string, listen: (text: string | null) => void): void {
  const option = new Option(flags);
  program.addOption(option).on(`option:${option.name()}`, listen);
}

const rows = new Map(rowsOf(optionTable));
const spellings = spellingsOf();

/** Options whose value may be left out, by how they are written. */
const optionals = new Map(
  spellings.flatMap(({ name, flag }) => {
    const optional = rows.get(name)?.optional;
    return optional === undefined ? [] : [[flag, optional] as const];
  }),
);

/** Says in our words what commander says in its own. */
function asUsageError(error: CommanderError): UsageError {
  const [sentence = '', suggestion] = error.message
    .replace(/^error: /, '')
    .replaceAll("'", '')
    .split('\n');
  const [, unknown] = /^unknown option ([^=]+)/.exec(sentence) ?? [];
  if (unknown === undefined)
    return new UsageError(sentence, { hint: 'See describe-image --help for all options.' });
  if (/^--?(?:api[-_]?)?key/i.test(unknown)) return keyGiven();
  return new UsageError(`unknown option ${shownName(unknown)}`, {
    hint: explainUnknown(unknown, suggestion),
  });
}

/** What follows the name may be a secret, with nothing between them. */
function shownName(word: string): string {
  if (!word.startsWith('--')) return word.slice(0, 2);
  const [secret] = /^.{0,40}?(?:key|token|secret|password)s?(?![-s]|$)/i.exec(word) ?? [];
  if (secret !== undefined) return secret;
  return /\d/.test(word) || word.length > 40 ? `${word.slice(0, 6)}…` : word;
}

/** A beginning of a name says more than a likeness of letters. */
function explainUnknown(word: string, suggestion: string | undefined): string {
  const begun = spellings
    .filter(({ isShown, flag }) => isShown && word.length > 3 && flag.startsWith(word))
    .map(({ flag }) => flag);
  if (begun.length > 0) return `Did you mean ${begun.join(' or ')}?`;
  if (suggestion !== undefined) return suggestion.replace(/^\(|\)$/g, '');
  return 'See describe-image --help for all options; put names and prompts that begin with - after --.';
}

function refuseApiKey(): never {
  throw keyGiven();
}

function keyGiven(): UsageError {
  return new UsageError(
    'there is no --api-key: every user of the machine could read a key on the command line',
    {
      hint: 'Set GEMINI_API_KEY, or save the key to a file and use --api-key-file.',
    },
  );
}
