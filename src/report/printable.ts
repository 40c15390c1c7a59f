import { stripVTControlCharacters } from 'node:util';

/**
 * Makes untrusted text safe to print: escape sequences and control characters go, tabs and line ends stay.
 * An image can carry text that a model repeats and a terminal would obey.
 */
export function printable(text: string): string {
  if (!control.test(text)) return text;
  return stripVTControlCharacters(text).replace(/\r\n/g, '\n').replace(everyControl, '');
}

/** The same for a terminal, which could also be made to show letters in another order than they stand. */
export function printableAtTerminal(text: string): string {
  return printable(text).replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** The same for what has to stay on one line, such as the name of a file. */
export function printableLine(text: string): string {
  return printableAtTerminal(text).replace(/[\n\t]/g, ' ');
}

/** C0 and C1 but tab and newline. */
const control = /[^\P{Cc}\t\n]/u;
const everyControl = /[^\P{Cc}\t\n]/gu;
