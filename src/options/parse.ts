import { UsageError } from '../errors.ts';
import { say } from '../sentence.ts';
import type { OptionRow, OptionRows } from './row.ts';
import { flagName, isSwitch, type OptionValues, optionTable, rowsOf } from './table.ts';

/** Texts of one layer for each option, in order; a switch is `''`, or `no` if it is turned off. */
export type Texts = Readonly<Record<string, readonly string[] | undefined>>;

/** Where the value of an option came from. */
export type Layer = 'flag' | 'environment';

/**
 * Parses flags and environment variables: the last of repeated flags wins, and a variable is read only if no flag is
 * given. Throws a `UsageError` that names the flag or the variable at fault.
 */
export function parseOptions(
  flags: Texts,
  environment: Readonly<Record<string, string | undefined>>,
  table: OptionRows = optionTable,
): OptionValues {
  const values: Record<string, unknown> = {};
  for (const [name, row] of rowsOf(table)) {
    const typed = flags[name];
    const variable = row.environment && environment[row.environment]?.trim();
    if (typed !== undefined) values[name] = parseTexts(row, typed, flagName(name, table));
    else if (row.environment !== undefined && variable)
      values[name] = parseTexts(row, [variable], row.environment);
  }
  checkConflicts(flags, values, table);
  return values as OptionValues;
}

function parseTexts({ type, maxCount }: OptionRow, texts: readonly string[], said: string): unknown {
  if (maxCount !== undefined && texts.length > maxCount)
    throw new UsageError(`${said}: at most ${maxCount} times, not ${texts.length}`);
  try {
    const values = texts.map(type.parse);
    return maxCount === undefined ? values.at(-1) : values;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(say`${said}: ${error.sentence}`, { hint: error.advice, cause: error });
  }
}

/** Only flags conflict, and not switches that are turned off. */
function checkConflicts(flags: Texts, values: Record<string, unknown>, table: OptionRows): void {
  const isGiven = (name: string) => flags[name] !== undefined && values[name] !== false;
  for (const [name, { conflicts = [] }] of rowsOf(table)) {
    const other = isGiven(name) ? conflicts.find(isGiven) : undefined;
    if (other === undefined) continue;
    throw new UsageError(`${flagName(name, table)} cannot be combined with ${flagName(other, table)}`, {
      hint: 'Omit one of them.',
    });
  }
}

/** One way to write an option on the command line. */
export interface Spelling {
  readonly name: string;
  /** Such as `--top-p`. */
  readonly flag: string;
  /** Such as `-p`. */
  readonly short?: string;
  /** Whether it turns a switch off. */
  readonly isNegative: boolean;
  /** Whether the help shows it; others are the API's names and opposites of what is shown. */
  readonly isShown: boolean;
}

/** Every spelling of every option, in the order of the help. */
export function spellingsOf(table: OptionRows = optionTable): Spelling[] {
  return rowsOf(table).flatMap(([name, row]) => {
    const flag = flagName(name, table);
    const isOnByDefault = isSwitch(row) && row.default === true;
    const short = row.short === undefined ? {} : { short: `-${row.short}` };
    const main = { name, flag, ...short, isNegative: false, isShown: !isOnByDefault };
    const negative = { name, flag: `--no-${flag.slice(2)}`, isNegative: true, isShown: isOnByDefault };
    const theirs = [...new Set([`--${name}`, `--${row.apiName ?? name}`])].filter((other) => other !== flag);
    return [
      main,
      ...(isSwitch(row) ? [negative] : []),
      ...theirs.map((other) => ({ name, flag: other, isNegative: false, isShown: false })),
    ];
  });
}
