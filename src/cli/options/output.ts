import type { OptionRows } from '../option-row.ts';

/** What is told, and how. */
export const outputOptions = {
  json: {
    group: 'Output',
    conflicts: ['raw', 'dryRun'],
    help: 'print one JSON object: the answer and its facts',
  },
  raw: { group: 'Output', conflicts: ['dryRun'], help: 'print the API’s reply untouched' },
  usage: { group: 'Output', help: 'say on standard error how many tokens it took' },
  dryRun: { group: 'Output', help: 'send nothing; show the request and its tokens' },
  quiet: { group: 'Output', short: 'q', conflicts: ['verbose'], help: 'no spinner, no warnings' },
  verbose: { group: 'Output', short: 'v', help: 'say on standard error what was done' },
  debug: { group: 'Output', help: 'also show replies as they came and stack traces' },
  noColor: { group: 'Output', help: 'no colours, as with NO_COLOR=1' },
} as const satisfies OptionRows;
