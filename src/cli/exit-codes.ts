import { DescribeImageError, type FailureKind } from '../errors.ts';

/** Every exit code and what it means; the help and the README show this table. */
export const exitCodes = {
  answered: { code: 0, meaning: 'answered' },
  usage: { code: 2, meaning: 'usage or configuration error' },
  image: { code: 3, meaning: 'image cannot be read, or its format is not supported' },
  credential: { code: 4, meaning: 'API key missing or refused' },
  api: { code: 5, meaning: 'API or network failure' },
  noAnswer: { code: 6, meaning: 'no usable answer: blocked or empty' },
  someFailed: { code: 7, meaning: 'some of several images failed' },
  cutOff: { code: 8, meaning: 'answer cut off at the token limit (printed or kept)' },
  bug: { code: 70, meaning: 'internal error: a bug in describe-image' },
  output: { code: 74, meaning: 'answer could not be written' },
  interrupted: { code: 130, meaning: 'interrupted (Ctrl-C)' },
  terminated: { code: 143, meaning: 'terminated (SIGTERM)' },
} as const;

/** What can become of a run. */
export type Outcome = keyof typeof exitCodes;

/** How each kind of failure ends the program. */
const outcomes: Readonly<Record<FailureKind, Outcome>> = {
  usage: 'usage',
  image: 'image',
  credential: 'credential',
  api: 'api',
  network: 'api',
  'no-answer': 'noAnswer',
  output: 'output',
  aborted: 'interrupted',
};

/** The exit code for what went wrong. */
export function exitCodeFor(error: unknown): number {
  return exitCodes[outcomeFor(error)].code;
}

/** What an error makes of a run. */
export function outcomeFor(error: unknown): Outcome {
  return error instanceof DescribeImageError ? outcomes[error.kind] : 'bug';
}

/** What a signal makes of a run, by its name. */
export function outcomeForSignal(name: unknown): Outcome {
  return name === 'SIGTERM' ? 'terminated' : 'interrupted';
}

/** What is said of an error that nobody foresaw: what it is, and what to do with it. */
export function describeBug(error: unknown): [what: string, next: string] {
  const message = error instanceof Error ? error.message : String(error);
  return [
    `this is a bug: ${message}`,
    'Please report it with the output of --debug, where you got this program.',
  ];
}
