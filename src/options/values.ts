import { UsageError } from '../errors.ts';
import { shown } from '../sentence.ts';

/** The values an option can have. Both readers throw a `UsageError` that says what would be right. */
export interface ValueType<T> {
  /** Reads what was typed, or what a variable of the environment holds. */
  readonly parse: (text: string) => T;
  /** Checks what a caller of the library or a config file gave. */
  readonly check: (value: unknown) => T;
  /** The words it can be, where there are only some. */
  readonly choices?: readonly string[];
}

/** From and to, both included. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

/** On or off. */
export const toggle: ValueType<boolean> = {
  parse: (text) => text !== 'no',
  check: (value) => {
    if (typeof value === 'boolean') return value;
    throw new UsageError(`must be true or false, not ${shown(value)}`);
  },
};

/** A decimal number in a range; as text, `0x10`, `1e3`, `NaN` and nothing are none. */
export function number(range: Range): ValueType<number> {
  return numeric(range, 'a number', /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/, () => true);
}

/** A whole decimal number in a range. */
export function integer(range: Range): ValueType<number> {
  return numeric(range, 'a whole number', /^[+-]?\d+$/, Number.isInteger);
}

/** A time: seconds as text, milliseconds as a value. The range is in milliseconds. */
export function duration({ minimum, maximum }: Range): ValueType<number> {
  const seconds = number({ minimum: minimum / 1000, maximum: maximum / 1000 });
  return {
    parse: (text) => Math.ceil(seconds.parse(text) * 1000),
    check: number({ minimum, maximum }).check,
  };
}

function numeric(
  { minimum, maximum }: Range,
  what: string,
  pattern: RegExp,
  isWhole: (value: number) => boolean,
): ValueType<number> {
  const isOpen = minimum > -2 && maximum === maxInt32;
  const range = isOpen ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`;
  const isRight = (value: number) => value >= minimum && value <= maximum && isWhole(value);
  const wrong = (value: unknown) => new UsageError(`must be ${what} ${range}, not ${shown(value)}`);
  return {
    parse: (text) => {
      const value = pattern.test(text) ? Number(text) : Number.NaN;
      if (isRight(value)) return value;
      throw wrong(text);
    },
    check: (value) => {
      if (typeof value === 'number' && isRight(value)) return value;
      throw wrong(value);
    },
  };
}

/** The largest number of 32 bits with a sign: the API's integers end there, and so do timers. */
export const maxInt32 = 2_147_483_647;

/** One of some words; as text in upper or lower case. */
export function choice<const T extends string>(choices: readonly T[]): ValueType<T> {
  const find = (value: unknown, word: unknown): T => {
    const found = choices.find((known) => known === word);
    if (found !== undefined) return found;
    throw new UsageError(`must be one of ${choices.join(', ')}, not ${shown(value)}`);
  };
  return { parse: (text) => find(text, text.toLowerCase()), check: (value) => find(value, value), choices };
}

/** Any text but an empty one. */
export const text: ValueType<string> = textOf((value) => {
  if (value.trim() !== '') return value;
  throw new UsageError('is empty', { hint: 'Omit the option, or check the variable it came from.' });
});

/** The extension of a file, with its dot. */
export const extension: ValueType<string> = textOf((value) => {
  if (/^\.[\w.-]{1,20}$/.test(value) && !value.includes('..')) return value;
  throw new UsageError(`must be an extension such as .txt, not ${shown(value)}`);
});

/** A MIME type, in lower case. */
export const mimeType: ValueType<string> = textOf((value) => {
  const type = value.toLowerCase();
  if (type === 'image/jpg')
    throw new UsageError('image/jpg is not a registered type and the API refuses it; use image/jpeg');
  if (/^[a-z]{1,40}\/[a-z0-9][a-z0-9.+-]{0,80}$/.test(type)) return type;
  throw new UsageError(`must be a MIME type such as image/png, not ${shown(value)}`);
});

/** A text with a syntax of its own; `read` throws a `UsageError` for a text that does not have it. */
export function textOf(read: (value: string) => string): ValueType<string> {
  return {
    parse: read,
    check: (value) => {
      if (typeof value === 'string') return read(value);
      throw new UsageError(`must be a string, not ${shown(value)}`);
    },
  };
}
