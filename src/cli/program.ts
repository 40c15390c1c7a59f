import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { type Spelling, spellingsOf, type Texts } from '../options/parse.ts';
import { isSwitch, optionTable, rowsOf } from '../options/table.ts';
import { version } from '../version.ts';
import { helpAfterOptions, helpBeforeOptions } from './help.ts';

/** The words of a command line, sorted but not yet understood. */
export interface Arguments {
  readonly operands: readonly string[];
  /** What was typed for each option. */
  readonly given: Texts;
}

/** A command line either asks for a text, such as the help, or for work. */
export type Request =
  | { readonly text: string; readonly arguments?: undefined }
  | { readonly text?: undefined; readonly arguments: Arguments };

/** Reads a command line. Throws a `UsageError` for what the option table does not know. */
export function parseArguments(words: readonly string[], columns: number): Request {
  const argv = fillIn(words);
  // Most command lines use few options, and telling commander of all of them takes a while. So it hears of all only where
  // it does not get by with those: for the help, for a mistake, for short options run together.
  const reading = startReading();
  try {
    addOptions(reading.program, reading.record, (spelling) => isUsed(spelling, argv));
    reading.program.helpOption(false).parse(argv, { from: 'user' });
    return reading.result();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return parseWithHelp(argv, columns);
  }
}

function parseWithHelp(argv: readonly string[], columns: number): Request {
  const { program, record, result } = startReading();
  let text = '';
  program.configureOutput({
    writeOut: (written) => {
      text += written;
    },
    writeErr: () => undefined,
  });
  addOptions(program, record, () => true);
  addHelp(program, columns);
  try {
    program.parse(argv, { from: 'user' });
    return result();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw asUsageError(error);
  }
}

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

interface Reading {
  readonly program: Command;
  readonly record: Recorder;
  readonly result: () => Request;
}

function startReading(): Reading {
  const program = new Command('describe-image').argument('[operands...]').exitOverride();
  program.configureOutput({ writeErr: () => undefined });
  const given: Record<string, readonly string[]> = {};
  return {
    program,
    record: (name, text) => {
      given[name] = [...(given[name] ?? []), text];
    },
    result: () => ({ arguments: { operands: program.args, given } }),
  };
}

/** Adds those spellings of options that are wanted; the API's own stay out of the help. */
function addOptions(program: Command, record: Recorder, isWanted: (spelling: Spelling) => boolean): void {
  for (const spelling of spellings.filter(isWanted)) {
    const { name, flag, short, isNegative, isShown } = spelling;
    const row = rows.get(name);
    if (row === undefined) continue;
    const value = isSwitch(row) ? '' : row.optional ? ` [${row.argument}]` : ` <${row.argument}>`;
    const option = new Option(
      `${short === undefined ? '' : `${short}, `}${flag}${value}`,
      row.help,
    ).helpGroup(`${row.group}:`);
    program
      .addOption(option.hideHelp(!isShown))
      .on(`option:${option.name()}`, (text) => record(name, isNegative ? 'no' : (text ?? '')));
  }
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

function isUsed({ flag, short }: Spelling, argv: readonly string[]): boolean {
  return argv.some((word) => word === flag || word === short || word.startsWith(`${flag}=`));
}

function addHelp(program: Command, columns: number): void {
  for (const name of ['api-key', 'apiKey', 'api_key', 'apikey', 'key']) {
    program.addOption(new Option(`--${name} [key]`).hideHelp()).on(`option:${name}`, refuseApiKey);
  }
  program
    .usage('[options] <image> [prompt]')
    .configureHelp({ helpWidth: columns, visibleArguments: () => [] })
    .addHelpText('before', helpBeforeOptions)
    .addHelpText('after', helpAfterOptions)
    .addHelpOption(new Option('-h, --help', 'print this help').helpGroup('Other:'))
    .optionsGroup('Other:')
    .version(version, '-V, --version', 'print the version');
}

/** Says in our words what commander says in its own. */
function asUsageError(error: CommanderError): UsageError {
  const [sentence = '', suggestion] = error.message
    .replace(/^error: /, '')
    .replaceAll("'", '')
    .split('\n');
  // What follows the name may be a secret.
  const [, unknown] = /^unknown option ([^=]+)/.exec(sentence) ?? [];
  return new UsageError(unknown === undefined ? sentence : `unknown option ${unknown}`, {
    hint:
      unknown === undefined
        ? 'describe-image --help lists the options.'
        : explainUnknown(unknown, suggestion),
    cause: error,
  });
}

/** A beginning of a name says more than a likeness of letters. */
function explainUnknown(word: string, suggestion: string | undefined): string {
  const begun = spellings
    .filter(({ isShown, flag }) => isShown && word.length > 3 && flag.startsWith(word))
    .map(({ flag }) => flag);
  if (begun.length > 0) return `Did you mean ${begun.join(' or ')}?`;
  if (suggestion !== undefined) return suggestion.replace(/^\(|\)$/g, '');
  return 'describe-image --help lists the options; a name or prompt that begins with - goes after --.';
}

function refuseApiKey(): never {
  throw new UsageError(
    'there is no --api-key: a key on the command line is seen by everybody on the machine',
    {
      hint: 'Export it as GEMINI_API_KEY, or put it into a file of your own and name that with --api-key-file.',
    },
  );
}
