import type { Parse } from './values.ts';

/** Headings of the help, in order. */
export const groups = ['Question', 'Images', 'Many images', 'Model', 'Output', 'Endpoint and key'] as const;

/** One option. Its key in the table is its name in camelCase; on the command line it is kebab-case. */
export interface OptionRow {
  readonly group: (typeof groups)[number];
  /** At most 48 characters, to stay on one line. */
  readonly help: string;
  readonly short?: string;
  /** What the value is called in the help; a row without one is a switch. */
  readonly argument?: string;
  readonly parse?: Parse<unknown>;
  /** The value may be left out, and what stands for it then; what follows is a value only where it looks like one. */
  readonly optional?: { readonly fallback: string; readonly pattern: RegExp };
  /** May be given more than once. */
  readonly isRepeatable?: true;
  /** The API's own spelling, where it is not the key itself. */
  readonly apiName?: string;
  /** Read when the option is not given. */
  readonly environment?: string;
  /** Keys of options that cannot stand beside this one. */
  readonly conflicts?: readonly string[];
}

/** Options by their names. */
export type OptionRows = Readonly<Record<string, OptionRow>>;
