import type { OptionRows } from './option-row.ts';
import { batchOptions } from './options/batch.ts';
import { endpointOptions } from './options/endpoint.ts';
import { imagesOptions } from './options/images.ts';
import { modelOptions } from './options/model.ts';
import { outputOptions } from './options/output.ts';
import { questionOptions } from './options/question.ts';
import type { Parse } from './values.ts';

/** THE option table: the parser, the help, the settings and the README are made from it, in this order. */
export const options = {
  ...questionOptions,
  ...imagesOptions,
  ...batchOptions,
  ...modelOptions,
  ...outputOptions,
  ...endpointOptions,
} as const satisfies OptionRows;

type Options = typeof options;
export type OptionName = keyof Options;
export const optionNames = Object.keys(options) as OptionName[];

/** What the command line and the environment say, parsed; nothing is filled in. */
export type OptionValues = { readonly [Name in OptionName]?: Value<Options[Name]> | undefined };

type Value<Row> = Row extends { parse: Parse<infer T> }
  ? Row extends { isRepeatable: true }
    ? readonly T[]
    : T
  : boolean;

/** The option's name on the command line, such as `--top-p`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
