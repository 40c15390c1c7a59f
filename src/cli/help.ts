import { defaults, flagName, optionTable, rowsOf } from '../options/table.ts';
import { exitCodes } from './exit-codes.ts';

export const helpBeforeOptions = `Ask a question about an image. Without a prompt it is "${defaults.prompt}"
`;

export const helpAfterOptions = `
Examples:
  describe-image photo.jpg "what is this?"
  describe-image receipt.png -p @questions.txt --json
  describe-image screenshot.png "is there an error message?" --temperature 0

Environment:
${list(environmentRows())}

Exit codes:
${list(exitCodeRows())}

Options can also be written as the API spells them: --topP, --maxOutputTokens.`;

/** Every variable that is read, with what it stands for. */
export function environmentRows(): [name: string, meaning: string][] {
  const settings = rowsOf(optionTable).flatMap(([name, { environment }]) =>
    environment === undefined ? [] : [[environment, flagName(name)] as [string, string]],
  );
  return [
    ['GOOGLE_API_KEY', 'the API key'],
    ['GEMINI_API_KEY', 'the API key, where GOOGLE_API_KEY is not set'],
    ...settings,
  ];
}

/** Every exit code with its meaning. */
export function exitCodeRows(): [code: string, meaning: string][] {
  return Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]);
}

function list(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`).join('\n');
}
