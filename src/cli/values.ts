import { extname } from 'node:path';
import { UsageError } from '../errors.ts';
import { isVersion, parseBaseUrl } from '../gemini/endpoint.ts';
import { parseModel } from '../gemini/model.ts';
import { imageExtensions } from '../image/type/extensions.ts';

/** Turns an option's text into its value. Throws a `UsageError` that says what would be right. */
export type Parse<T> = (text: string) => T;

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

/** A decimal number in a range; `0x10`, `1e3`, `NaN` and an empty text are none. */
export function number({ minimum, maximum }: Range): Parse<number> {
  return (text) => {
    const value = /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new UsageError(`must be a number from ${minimum} to ${maximum}, not ${JSON.stringify(text)}`);
  };
}

/** A whole decimal number in a range. */
export function integer({ minimum, maximum }: Range): Parse<number> {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    const isOpen = minimum > -2 && maximum === 2_147_483_647;
    const range = isOpen ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`;
    throw new UsageError(`must be a whole number ${range}, not ${JSON.stringify(text)}`);
  };
}

/** A number of seconds, as milliseconds. */
export function seconds(range: Range): Parse<number> {
  const parse = number(range);
  return (text) => Math.ceil(parse(text) * 1000);
}

/** One of some words. */
export function choice<const T extends string>(words: readonly T[]): Parse<T> {
  return (text) => {
    const word = words.find((known) => known === text.toLowerCase());
    if (word !== undefined) return word;
    throw new UsageError(`must be one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
  };
}

/** Any text but an empty one. */
export function text(value: string): string {
  if (value.trim() !== '') return value;
  throw new UsageError('is empty', { hint: 'Leave the option out, or check the variable it came from.' });
}

/** The extension of a file, with its dot. */
export function extension(value: string): string {
  if (imageExtensions.has(extname(`x${value}`).toLowerCase()))
    throw new UsageError(`${value} is the extension of images, which would be overwritten`);
  if (/^\.[\w.-]{1,20}$/.test(value) && !value.includes('..')) return value;
  throw new UsageError(`must be an extension such as .txt, not ${JSON.stringify(value)}`);
}

/** A MIME type, in lower case. */
export function mimeType(value: string): string {
  const type = value.toLowerCase();
  if (type === 'image/jpg')
    throw new UsageError('image/jpg is not a registered type and the API refuses it; say image/jpeg');
  if (/^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/.test(type)) return type;
  throw new UsageError(`must be a MIME type such as image/png, not ${JSON.stringify(value)}`);
}

/** A version segment of the API's URLs. */
export function apiVersion(value: string): string {
  if (isVersion(value)) return value;
  throw new UsageError(`must be a version such as v1 or v1beta, not ${JSON.stringify(value)}`);
}

/** The name of a model. */
export const model: Parse<string> = parseModel;

/** The URL of an API; whether plain http is allowed is another option's word. */
export function baseUrl(value: string): string {
  parseBaseUrl(value, true);
  return value;
}
