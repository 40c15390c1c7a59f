import type { OptionRows } from './row.ts';
import { toggle } from './values.ts';

/** What is printed, and how. */
export const outputOptions = {
  json: {
    group: 'Output',
    type: toggle,
    conflicts: ['raw', 'dryRun'],
    isCommandLineOnly: true,
    help: 'print the answer and its facts as JSON',
  },
  raw: {
    group: 'Output',
    type: toggle,
    conflicts: ['dryRun'],
    isCommandLineOnly: true,
    help: 'print the API’s reply untouched',
  },
  usage: { group: 'Output', type: toggle, isCommandLineOnly: true, help: 'print token counts to stderr' },
  dryRun: {
    group: 'Output',
    type: toggle,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'send nothing; show the request and its tokens',
  },
  quiet: {
    group: 'Output',
    short: 'q',
    type: toggle,
    conflicts: ['verbose'],
    isCommandLineOnly: true,
    help: 'no spinner, no warnings',
  },
  verbose: {
    group: 'Output',
    short: 'v',
    type: toggle,
    isCommandLineOnly: true,
    help: 'print details to stderr',
  },
  debug: {
    group: 'Output',
    type: toggle,
    isCommandLineOnly: true,
    help: 'also print replies as they came, stack traces',
  },
  color: {
    group: 'Output',
    type: toggle,
    default: true,
    isCommandLineOnly: true,
    help: 'no colors, as with NO_COLOR=1',
  },
} as const satisfies OptionRows;
