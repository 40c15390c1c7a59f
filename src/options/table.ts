import { UsageError } from '../errors.ts';
import { option, say } from '../sentence.ts';
import { endpointOptions } from './connection.ts';
import { imageOptions, manyImagesOptions } from './images.ts';
import { outputOptions } from './output.ts';
import { modelOptions, questionOptions } from './question.ts';
import type { OptionRow, OptionRows, ValuesOf } from './row.ts';

/** THE option table. The order is that of the help. */
export const optionTable = {
  ...questionOptions,
  ...imageOptions,
  ...manyImagesOptions,
  ...modelOptions,
  ...outputOptions,
  ...endpointOptions,
} as const satisfies OptionRows;

type Table = typeof optionTable;
export type OptionName = keyof Table;

/** Parsed and valid values, without defaults. */
export type OptionValues = ValuesOf<Table>;

/** Options that are put into the request body automatically; every other one needs a reader. */
export type RequestOptionName = {
  [Name in OptionName]: Table[Name] extends { readonly request: object } ? Name : never;
}[OptionName];

/** Options that the library takes. */
export type LibraryOptions = {
  readonly [Name in OptionName as Table[Name] extends { readonly isCommandLineOnly: true }
    ? never
    : Name]?: OptionValues[Name];
};

/** Defaults of options. */
export const defaults = {
  prompt: questionOptions.prompt.default,
  model: modelOptions.model.default,
  timeoutMs: endpointOptions.timeoutMs.default,
  retries: endpointOptions.retries.default,
  maxWaitMs: endpointOptions.maxWaitMs.default,
  concurrency: manyImagesOptions.concurrency.default,
  maxRequestBytes: imageOptions.maxRequestBytes.default,
} as const;

/** The rows of a table with their names, in order. */
export function rowsOf(table: OptionRows): [name: string, row: OptionRow][] {
  return Object.entries(table);
}

/** The option's name on the command line, such as `--top-p`. */
export function flagName(name: string, table: OptionRows = optionTable): string {
  return `--${table[name]?.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Whether an option is on or off and takes no value. */
export function isSwitch({ argument }: OptionRow): boolean {
  return argument === undefined;
}

/** Throws a `UsageError` for a library value that has the wrong type, is out of range, or conflicts with another. */
export function checkOptions(options: object, table: OptionRows = optionTable): void {
  for (const [name, { type, maxCount, conflicts = [] }] of rowsOf(table)) {
    const value = valueIn(options, name);
    if (value === undefined) continue;
    try {
      if (maxCount === undefined) type.check(value);
      else checkList(value, maxCount).forEach(type.check);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(say`${option(name)} ${error.sentence}`, { hint: error.advice, cause: error });
    }
    const other = conflicts.find((conflict) => valueIn(options, conflict) !== undefined);
    if (other !== undefined)
      throw new UsageError(say`${option(name)} cannot be combined with ${option(other)}`);
  }
}

function checkList(value: unknown, maxCount: number): unknown[] {
  if (Array.isArray(value) && value.length <= maxCount) return value;
  throw new UsageError(`must be an array of at most ${maxCount} strings`);
}

/**
 * The fields that options add to the request body, nested as in the API; only what is set.
 *
 * @param options values by their names in the table
 */
export function requestFields(options: object, table: OptionRows = optionTable): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, { request }] of rowsOf(table)) {
    const value = valueIn(options, name);
    if (request === undefined || isUnset(value)) continue;
    const path = [...request.path];
    const field = path.pop() ?? name;
    let place = body;
    for (const step of path) {
      place[step] ??= {};
      place = place[step] as Record<string, unknown>;
    }
    place[field] = request.encode === undefined ? value : request.encode(value as never);
  }
  return body;
}

/**
 * Everything that changes an answer except the image, as a list whose JSON is hashed. Options of the first release keep
 * their place for ever, so that its journals stay readable; later options are added when they are set.
 */
export function fingerprintParts(options: object, table: OptionRows = optionTable): unknown[] {
  const parts: unknown[] = ['describe-image 1'];
  const later: [name: string, value: unknown][] = [];
  for (const [name, { fingerprint, default: fallback }] of rowsOf(table)) {
    if (fingerprint === undefined) continue;
    const given = valueIn(options, name);
    const value = isUnset(given) ? fallback : given;
    const canonical =
      value === undefined || fingerprint.canonical === undefined
        ? value
        : fingerprint.canonical(value as never);
    if (fingerprint.place !== 'when set') parts[fingerprint.place] = canonical;
    else if (!isUnset(given)) later.push([name, canonical]);
  }
  return [...parts, ...later.sort(([one], [other]) => (one < other ? -1 : 1))];
}

/** An empty list counts as unset. */
function isUnset(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function valueIn(options: object, name: string): unknown {
  return (options as Readonly<Record<string, unknown>>)[name];
}
