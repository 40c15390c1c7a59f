import { printable, printableAtTerminal } from '../printable.ts';
import type { Result } from '../result.ts';
import type { OptionNaming } from '../sentence.ts';

/** The answer as plain text with one newline at its end. */
export function formatText({ text }: { readonly text: string }, isTerminal: boolean): string {
  const shown = isTerminal ? printableAtTerminal(text) : printable(text);
  return `${shown.trimEnd()}\n`;
}

/** A result as data, in the order in which JSON tells it; its options named as the reader knows them. */
export function recordOf(result: Result, naming: OptionNaming): object {
  return result.outcome === 'failed' ? { ...result, error: result.error.record(naming) } : result;
}

/** One JSON object on one line. */
export function formatJsonLine(record: object): string {
  return `${escapeUnprintable(JSON.stringify(record))}\n`;
}

/** JSON leaves DEL, C1, bidirectional overrides and carriage returns as they are; a terminal would obey them. */
export function escapeUnprintable(json: string): string {
  // Outside of strings, where alone it can be in JSON, a carriage return is a line end.
  return json
    .replace(/\r\n?/g, '\n')
    .replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, escaped);
}

function escaped(characters: string): string {
  let text = '';
  for (let at = 0; at < characters.length; at += 1) text += spellingOf(characters.charCodeAt(at));
  return text;
}

const spellings = new Map<number, string>();

function spellingOf(unit: number): string {
  const known = spellings.get(unit);
  if (known !== undefined) return known;
  const spelling = `\\u${unit.toString(16).padStart(4, '0')}`;
  spellings.set(unit, spelling);
  return spelling;
}
