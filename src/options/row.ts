import type { ValueType } from './values.ts';

/** Headings of the help, in order. */
export const groups = ['Question', 'Images', 'Many images', 'Model', 'Output', 'Endpoint and key'] as const;

/**
 * One option, defined once. Its key in the table is its name in the library and in config files; the command line uses
 * kebab-case. Parser, help, library check, request, fingerprint, docs/options.md and config keys are derived from its row.
 */
export interface OptionRow {
  readonly group: (typeof groups)[number];
  /** At most 48 characters, to stay on one line. A switch that is on by default describes its `--no-…` form. */
  readonly help: string;
  /** Its values, as text and as library values. */
  readonly type: ValueType<unknown>;
  /** Name of the value in the help; a row without one is a switch. */
  readonly argument?: string;
  /** Name on the command line, if it is not the key in kebab-case. */
  readonly flag?: string;
  /** One letter or digit. */
  readonly short?: string;
  /** The API's spelling, if it is not the key itself; the command line accepts it too. */
  readonly apiName?: string;
  /** Environment variable that is read if no flag is given. */
  readonly environment?: string;
  /** How many times the option can be repeated. */
  readonly maxCount?: number;
  /** The value is optional, with this fallback; the next argument is taken for a value only if it matches the pattern. */
  readonly optional?: { readonly fallback: string; readonly pattern: RegExp };
  /** Default value. */
  readonly default?: unknown;
  /** Keys of options that cannot be combined with this one. */
  readonly conflicts?: readonly string[];
  /** Where the value goes in the request body; options without it are read by name. */
  readonly request?: {
    readonly path: readonly [string, ...string[]];
    readonly encode?: (value: never) => unknown;
  };
  /** Set if the value changes answers. Options of the first release have a fixed place in the list that is hashed; later ones are added when set. */
  readonly fingerprint?: {
    readonly place: number | 'when set';
    readonly canonical?: (value: never) => unknown;
  };
  /** Not an option of the library. */
  readonly isCommandLineOnly?: true;
  /** Cannot be set in a config file: it selects the input or the output of one run. */
  readonly isPerRun?: true;
}

/** Options by their names. */
export type OptionRows = Readonly<Record<string, OptionRow>>;

/** Values of the options of a table, without defaults. */
export type ValuesOf<Rows extends OptionRows> = {
  readonly [Name in keyof Rows]?: ValueOf<Rows[Name]> | undefined;
};

type ValueOf<Row extends OptionRow> =
  Row['type'] extends ValueType<infer T>
    ? Row extends { readonly maxCount: number }
      ? readonly T[]
      : T
    : never;
