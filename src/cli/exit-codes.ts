import type { FailureKind } from '../errors.ts';

/** Every exit code and what it means; the help and the README show this table. */
export const exitCodes = {
  answered: { code: 0, meaning: 'answered' },
  usage: { code: 2, meaning: 'wrong usage or configuration' },
  image: { code: 3, meaning: 'the image cannot be read or is of a kind the API does not take' },
  credential: { code: 4, meaning: 'the key is missing or was refused' },
  api: { code: 5, meaning: 'the API refused or failed, or the network did' },
  noAnswer: { code: 6, meaning: 'no usable answer: blocked, or empty' },
  someFailed: { code: 7, meaning: 'some of several images failed' },
  bug: { code: 70, meaning: 'a bug in describe-image' },
  output: { code: 74, meaning: 'the answer could not be written' },
  interrupted: { code: 130, meaning: 'interrupted (Ctrl-C)' },
  terminated: { code: 143, meaning: 'terminated' },
} as const;

type Outcome = keyof typeof exitCodes;

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

/** The exit code of a kind of failure. */
export function exitCodeOf(kind: FailureKind): number {
  return exitCodes[outcomes[kind]].code;
}
