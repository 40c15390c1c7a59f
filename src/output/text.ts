import { printable } from './printable.ts';

/** The answer as plain text with one newline at its end. */
export function formatText({ text }: { readonly text: string }): string {
  return `${printable(text).trimEnd()}\n`;
}
