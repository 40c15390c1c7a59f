import { spellingsOf } from '../options/parse.ts';
import { groups, type OptionRow, type OptionRows } from '../options/row.ts';
import { defaults, flagName, optionTable, rowsOf } from '../options/table.ts';
import { exitCodes } from './exit-codes.ts';

const usage = 'Usage: describe-image [options] <image>... [prompt]';

/** `-h`: what most people need, on one screen of 24 lines. */
export function shortHelp(): string {
  const lines = optionLines(optionTable).filter(({ name }) => mostUsed.has(name));
  return `${usage}

Ask a question about an image. Without a prompt: "${defaults.prompt}"

${list(lines.map(({ line }) => line))}

Examples:
  describe-image photo.jpg "what is this?"
  describe-image photos/ "alt text, one sentence" -o alt.jsonl
  describe-image before.png after.png --together "what changed?"

API key: export GEMINI_API_KEY=… (https://aistudio.google.com/apikey)
describe-image --help lists all options, environment variables and exit codes.
`;
}

const mostUsed: ReadonlySet<string> = new Set([
  'prompt',
  'system',
  'together',
  'recursive',
  'output',
  'sidecar',
  'model',
  'maxEdge',
  'json',
  'dryRun',
]);

/** `--help`: everything, in groups. */
export function fullHelp(table: OptionRows = optionTable): string {
  const lines = optionLines(table);
  const other: Line[] = [
    ['-V, --version', 'print the version'],
    ['-h', 'print the short help'],
    ['--help', 'print this help'],
  ];
  const width = widthOf([...lines.map(({ line }) => line), ...other]);
  const sections = groups.map((group) => {
    const rows = lines.filter(({ row }) => row.group === group).map(({ line }) => line);
    return `${group}:\n${list(rows, width)}`;
  });
  return `Ask a question about an image. Without a prompt: "${defaults.prompt}"

${usage}

${[...sections, `Other:\n${list(other, width)}`].join('\n\n')}

Examples:
  describe-image photo.jpg "what is this?"
  describe-image receipt.png -p @questions.txt --json
  describe-image photos/ -r "a caption of five words" -o captions.jsonl

Environment:
${list(environmentRows())}

Exit codes:
${list(exitCodeRows())}

The last of repeated options counts. Every switch has a --no- form: --no-json.
The API's own spellings work as well: --topP, --maxOutputTokens.
`;
}

type Line = readonly [term: string, meaning: string];

/** What the help says of each option. */
function optionLines(
  table: OptionRows,
): { readonly name: string; readonly row: OptionRow; readonly line: Line }[] {
  const rows = new Map(rowsOf(table));
  return spellingsOf(table).flatMap(({ name, flag, short, isShown }) => {
    const row = rows.get(name);
    if (row === undefined || !isShown) return [];
    const value =
      row.argument === undefined ? '' : row.optional ? ` [${row.argument}]` : ` <${row.argument}>`;
    return [{ name, row, line: [`${short === undefined ? '' : `${short}, `}${flag}${value}`, row.help] }];
  });
}

/** Every variable that is read, with what it stands for. */
export function environmentRows(): Line[] {
  const settings = rowsOf(optionTable).flatMap(([name, { environment }]) =>
    environment === undefined ? [] : [[environment, flagName(name)] as const],
  );
  return [
    ['GOOGLE_API_KEY', 'the API key'],
    ['GEMINI_API_KEY', 'the API key, if GOOGLE_API_KEY is not set'],
    ...settings,
  ];
}

/** Every exit code with its meaning. */
export function exitCodeRows(): Line[] {
  return Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]);
}

function list(lines: readonly Line[], width = widthOf(lines)): string {
  return lines.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`).join('\n');
}

function widthOf(lines: readonly Line[]): number {
  return Math.max(...lines.map(([term]) => term.length));
}
