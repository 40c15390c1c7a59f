import type { OptionRows } from './row.ts';
import { toggle } from './values.ts';

/** What is printed, and how. */
export const outputOptions = {
  json: {
    group: 'Output',
    type: toggle,
    conflicts: ['raw', 'dryRun'],
    isCommandLineOnly: true,
    help: 'print results as JSON, one object per line',
  },
  raw: {
    group: 'Output',
    type: toggle,
    conflicts: ['dryRun'],
    isCommandLineOnly: true,
    help: 'print the API’s reply unchanged',
  },
  usage: { group: 'Output', type: toggle, isCommandLineOnly: true, help: 'print token counts to stderr' },
  dryRun: {
    group: 'Output',
    type: toggle,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'show the request and its tokens; send nothing',
  },
  quiet: {
    group: 'Output',
    short: 'q',
    type: toggle,
    conflicts: ['verbose'],
    isCommandLineOnly: true,
    help: 'suppress the spinner and warnings',
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
    help: 'also print raw replies and stack traces',
  },
  color: {
    group: 'Output',
    type: toggle,
    default: true,
    isCommandLineOnly: true,
    help: 'disable colors, as NO_COLOR=1 does',
  },
} as const satisfies OptionRows;
