import { type Spelling, spellingsOf } from '../options/parse.ts';
import type { OptionRow } from '../options/row.ts';
import { isSwitch, optionTable, rowsOf } from '../options/table.ts';
import type { Arguments, Request } from './program.ts';

/** Reads a command line. Throws a `UsageError` for what the option table does not know. */
export async function parseArguments(argv: readonly string[]): Promise<Request> {
  const sorted = sortArguments(argv);
  if (sorted !== undefined) return { arguments: sorted };
  const { parseWithCommander } = await import('./program.ts');
  return parseWithCommander(argv);
}

/**
 * Sorts a command line that has nothing but operands and options written in full, as nearly all do: loading commander takes a
 * third of the time that Node takes to start. Undefined for all else: help, a mistake, short options run together.
 */
export function sortArguments(argv: readonly string[]): Arguments | undefined {
  const operands: string[] = [];
  const given: Record<string, string[]> = {};
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] as string;
    if (word === '--') return { operands: [...operands, ...argv.slice(at + 1)], given };
    if (word === '-' || !word.startsWith('-')) {
      operands.push(word);
      continue;
    }
    const [, flag = word, attached] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const option = findOption(flag);
    const value = option && readValue(option, attached, argv[at + 1]);
    if (option === undefined || value === undefined) return undefined;
    given[option.name] = [...(given[option.name] ?? []), value.text];
    if (value.isNext) at += 1;
  }
  return { operands, given };
}

interface Option {
  readonly name: string;
  readonly row: OptionRow;
  readonly isNegative: boolean;
}

function findOption(written: string): Option | undefined {
  spellings ??= spellingsOf();
  const spelling = spellings.find(({ flag, short }) => flag === written || short === written);
  const row = rowsOf(optionTable).find(([name]) => name === spelling?.name)?.[1];
  return spelling && row && { ...spelling, row };
}

/** Made for the first option; many command lines have none. */
let spellings: readonly Spelling[] | undefined;

/** What an option says, and whether that is the next argument. Undefined where it does not fit. */
function readValue({ row, isNegative }: Option, attached: string | undefined, next: string | undefined) {
  if (isSwitch(row))
    return attached === undefined ? { text: isNegative ? 'no' : '', isNext: false } : undefined;
  if (attached !== undefined) return { text: attached, isNext: false };
  const { optional } = row;
  if (optional !== undefined && (next === undefined || !optional.pattern.test(next)))
    return { text: optional.fallback, isNext: false };
  return next === undefined ? undefined : { text: next, isNext: true };
}
