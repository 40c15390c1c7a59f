import { defaults } from '../../describe-options.ts';
import type { OptionRows } from '../option-row.ts';
import { extension, integer, number, text } from '../values.ts';

/** How many images are asked about, and where answers are kept. */
export const batchOptions = {
  output: {
    group: 'Many images',
    short: 'o',
    argument: 'file',
    parse: text,
    conflicts: ['together', 'json', 'raw'],
    help: 'record answers in a file; run again to go on',
  },
  sidecar: {
    group: 'Many images',
    argument: '.ext',
    parse: extension,
    optional: { fallback: '.txt', pattern: /^\.[\w.-]{1,20}$/ },
    conflicts: ['together', 'json', 'raw'],
    help: 'write answers beside their images (.txt)',
  },
  overwrite: { group: 'Many images', help: 'ask anew what is answered there already' },
  concurrency: {
    group: 'Many images',
    short: 'c',
    argument: 'number',
    parse: integer({ minimum: 1, maximum: 256 }),
    help: `requests at once (default: ${defaults.concurrency})`,
  },
  rpm: {
    group: 'Many images',
    argument: 'number',
    parse: number({ minimum: 0.1, maximum: 100_000 }),
    help: 'at most so many requests a minute',
  },
  failFast: { group: 'Many images', help: 'stop at the first image that fails' },
  prices: {
    group: 'Many images',
    argument: 'file',
    parse: text,
    help: 'prices of models, as JSON, for the estimate',
  },
} as const satisfies OptionRows;
