import type { OptionRows } from '../option-row.ts';
import { text } from '../values.ts';

/** What is asked. */
export const questionOptions = {
  prompt: {
    group: 'Question',
    short: 'p',
    argument: 'text',
    parse: text,
    help: 'the question; - is standard input, @file a file',
  },
  system: {
    group: 'Question',
    argument: 'text',
    parse: text,
    apiName: 'systemInstruction',
    help: 'a system instruction: how to answer',
  },
  together: { group: 'Question', help: 'ask one question about all images together' },
} as const satisfies OptionRows;
