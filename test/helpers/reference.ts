import { exitCodes } from '../../src/cli/exit-codes.ts';
import { environmentRows, exitCodeRows } from '../../src/cli/help.ts';
import { spellingsOf } from '../../src/options/parse.ts';
import { groups, type OptionRow, type OptionRows } from '../../src/options/row.ts';
import { flagName, isSwitch, optionTable, rowsOf } from '../../src/options/table.ts';

/** The tables of docs/options.md, one for each group of the help. */
export function optionsReference(table: OptionRows = optionTable): string {
  return groups
    .map((group) => {
      const rows = rowsOf(table).filter(([, row]) => row.group === group);
      const head = [
        'option',
        'what it does',
        'value',
        'default',
        'environment',
        'not with',
        'also',
        'library',
      ];
      return `### ${group}\n\n${markdownTable(
        head,
        rows.map(([name, row]) => optionCells(name, row, table)),
      )}`;
    })
    .join('\n\n');
}

/** The variables of docs/options.md. */
export function environmentReference(): string {
  const rows = environmentRows().map(([name, meaning]) => [code(name), meaning.replace(/^--\S+$/, code)]);
  return markdownTable(['variable', 'stands for'], rows);
}

/** Every exit code with its meaning. */
export function exitCodesReference(): string {
  return markdownTable(['exit code', 'meaning'], exitCodeRows());
}

/** The order in which exit codes win, a line for each. */
export function precedenceReference(precedence: readonly (keyof typeof exitCodes)[]): string {
  const order = [...precedence, 'answered' as const];
  return order.map((name, at) => `${at + 1}. ${exitCodes[name].code}: ${exitCodes[name].meaning}`).join('\n');
}

/** A table in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell || '–').join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function optionCells(name: string, row: OptionRow, table: OptionRows): string[] {
  const spelling = spellingsOf(table).find((each) => each.name === name && each.isShown);
  const value = row.optional ? `[${row.argument}]` : row.argument === undefined ? '' : `<${row.argument}>`;
  const written = [spelling?.short, `${spelling?.flag} ${value}`.trim()].filter((text) => text !== undefined);
  const excluding = rowsOf(table).filter(([, { conflicts }]) => conflicts?.includes(name));
  const conflicts = [...(row.conflicts ?? []), ...excluding.map(([other]) => other)];
  const others = spellingsOf(table).filter(
    (each) => each.name === name && !each.isShown && !each.flag.startsWith('--no-'),
  );
  return [
    written.map(code).join(', '),
    row.help.replace(/ \(default: .*\)$/, ''),
    isSwitch(row) ? '' : valuesOf(row),
    isSwitch(row) ? '' : defaultOf(row),
    row.environment === undefined ? '' : code(row.environment),
    conflicts.map((other) => code(flagName(other, table))).join(', '),
    others.map(({ flag }) => code(flag)).join(', '),
    row.isCommandLineOnly ? '' : code(name),
  ];
}

/** As it is written on the command line. */
function defaultOf({ default: value, argument, optional }: OptionRow): string {
  if (optional !== undefined) return code(optional.fallback);
  if (value === undefined) return '';
  return code(String(argument === 'seconds' ? Number(value) / 1000 : value));
}

/** What an option takes, as the error for a wrong value says it. */
function valuesOf({ type, maxCount }: OptionRow): string {
  let said = '';
  try {
    type.parse('?\n');
  } catch (error) {
    said = /must be (?:one of |an? )?(.*), not/.exec(error instanceof Error ? error.message : '')?.[1] ?? '';
  }
  return said + (maxCount === undefined ? '' : `up to ${maxCount} times`);
}

function code(text: string): string {
  return `\`${text}\``;
}
