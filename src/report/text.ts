import { printable, printableAtTerminal } from '../printable.ts';

/** The answer as plain text with one newline at its end. */
export function formatText({ text }: { readonly text: string }, isTerminal: boolean): string {
  const shown = isTerminal ? printableAtTerminal(text) : printable(text);
  return `${shown.trimEnd()}\n`;
}
