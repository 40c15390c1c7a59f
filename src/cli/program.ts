import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { version } from '../version.ts';
import { helpAfterOptions, helpBeforeOptions } from './help.ts';
import { groups, type OptionRow } from './option-row.ts';
import { flagName, type OptionName, optionNames, options } from './options.ts';

/** The words of a command line, sorted but not yet understood. */
export interface Arguments {
  readonly operands: readonly string[];
  /** The texts of each option that was given, in order; empty texts for a switch. */
  readonly given: { readonly [Name in OptionName]?: readonly string[] };
}

/** A command line either asks for a text, such as the help, or for work. */
export type Request =
  | { readonly text: string }
  | { readonly text?: undefined; readonly arguments: Arguments };

/** Reads a command line. Throws a `UsageError` for what the option table does not know. */
export function parseArguments(argv: readonly string[], columns: number): Request {
  const given: { [Name in OptionName]?: readonly string[] } = {};
  const record = (name: OptionName, text: string | null) => {
    given[name] = [...(given[name] ?? []), text ?? ''];
  };
  let text = '';
  const program = createProgram(argv, columns, record).configureOutput({
    writeOut: (written) => {
      text += written;
    },
    writeErr: () => undefined,
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw asUsageError(error);
  }
  return { arguments: { operands: program.args, given } };
}

type Recorder = (name: OptionName, text: string | null) => void;

function createProgram(argv: readonly string[], columns: number, record: Recorder): Command {
  const program = new Command('describe-image')
    .usage('[options] <image> [prompt]')
    .argument('[operands...]')
    .exitOverride()
    .configureHelp({ helpWidth: columns, visibleArguments: () => [] })
    .addHelpText('before', helpBeforeOptions)
    .addHelpText('after', helpAfterOptions);
  for (const name of ['api-key', 'apiKey']) {
    program.addOption(new Option(`--${name} <key>`).hideHelp()).on(`option:${name}`, refuseApiKey);
  }
  for (const group of groups) {
    for (const name of optionNames) {
      if (options[name].group === group) addSpellings(program, name, argv, (text) => record(name, text));
    }
  }
  return program
    .addHelpOption(new Option('-h, --help', 'print this help').helpGroup('Other:'))
    .optionsGroup('Other:')
    .version(version, '-V, --version', 'print the version');
}

/** Adds an option and, where the command line uses one, the API's own spelling of it. */
function addSpellings(
  program: Command,
  name: OptionName,
  argv: readonly string[],
  record: (text: string | null) => void,
): void {
  const row: OptionRow = options[name];
  const shown = flagName(name);
  const others = [`--${name}`, `--${row.apiName ?? name}`].filter((spelling) => isUsed(spelling, argv));
  for (const spelling of new Set([shown, ...others])) {
    const short = spelling === shown && row.short !== undefined ? `-${row.short}, ` : '';
    const value = row.argument === undefined ? '' : ` <${row.argument}>`;
    const option = new Option(`${short}${spelling}${value}`, row.help).helpGroup(`${row.group}:`);
    if (row.conflicts !== undefined) option.conflicts([...row.conflicts]);
    program.addOption(option.hideHelp(spelling !== shown));
    program.on(`option:${option.name()}`, record);
  }
}

function isUsed(spelling: string, argv: readonly string[]): boolean {
  return argv.some((word) => word === spelling || word.startsWith(`${spelling}=`));
}

/** Says in our words what commander says in its own. */
function asUsageError(error: CommanderError): UsageError {
  const [sentence = '', suggestion] = error.message
    .replace(/^error: /, '')
    .replaceAll("'", '')
    .split('\n');
  const unknown = /^unknown option (\S+)/.exec(sentence)?.[1];
  return new UsageError(sentence, {
    hint:
      unknown === undefined
        ? 'describe-image --help lists the options.'
        : explainUnknown(unknown, suggestion),
    cause: error,
  });
}

/** A beginning of a name says more than a likeness of letters. */
function explainUnknown(word: string, suggestion: string | undefined): string {
  const begun = optionNames.map(flagName).filter((flag) => word.length > 3 && flag.startsWith(word));
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
