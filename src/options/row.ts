import type { ValueType } from './values.ts';

/** Headings of the help, in order. */
export const groups = ['Question', 'Images', 'Many images', 'Model', 'Output', 'Endpoint and key'] as const;

/**
 * One option, said once. Its key in the table is its name in the library and in a config file's camelCase; the command line
 * writes it in kebab-case. Parser, help, library check, request, fingerprint, README and config keys are made from its row.
 */
export interface OptionRow {
  readonly group: (typeof groups)[number];
  /** At most 48 characters, to stay on one line. A switch that is on unless told otherwise says what `--no-…` does. */
  readonly help: string;
  /** What its values are, as text and as values of the library. */
  readonly type: ValueType<unknown>;
  /** What the value is called in the help; a row without one is a switch. */
  readonly argument?: string;
  /** The name on the command line, where it is not the key in kebab-case. */
  readonly flag?: string;
  /** One letter, or a digit. */
  readonly short?: string;
  /** The API's own spelling, where it is not the key itself; the command line knows it too. */
  readonly apiName?: string;
  /** The variable that is read where no flag is given. */
  readonly environment?: string;
  /** May be given more than once, at most so many times. */
  readonly maxCount?: number;
  /** The value may be left out, and what stands for it then; what follows is a value only where it looks like one. */
  readonly optional?: { readonly fallback: string; readonly pattern: RegExp };
  /** What holds where no layer says anything. */
  readonly default?: unknown;
  /** Keys of options that cannot be combined with this one. */
  readonly conflicts?: readonly string[];
  /** Where the value goes in the body of a request; options without it are read by name. */
  readonly request?: {
    readonly path: readonly [string, ...string[]];
    readonly encode?: (value: never) => unknown;
  };
  /** That the value changes answers. Options of the first release have a place in the list that is hashed; later ones enter it when set. */
  readonly fingerprint?: {
    readonly place: number | 'when set';
    readonly canonical?: (value: never) => unknown;
  };
  /** It belongs to the command line alone, not to the library. */
  readonly isCommandLineOnly?: true;
  /** A config file may not set it: it says what is asked about, or where output goes. */
  readonly isPerRun?: true;
}

/** Options by their names. */
export type OptionRows = Readonly<Record<string, OptionRow>>;

/** What is said of each option of a table; nothing is filled in. */
export type ValuesOf<Rows extends OptionRows> = {
  readonly [Name in keyof Rows]?: ValueOf<Rows[Name]> | undefined;
};

type ValueOf<Row extends OptionRow> =
  Row['type'] extends ValueType<infer T>
    ? Row extends { readonly maxCount: number }
      ? readonly T[]
      : T
    : never;
