import { exitCodes, type Outcome, outcomeFor, outcomeForSignal } from './exit-codes.ts';

/** What became of the images of a run, as far as its exit code goes. */
export interface RunResult {
  /** How many there are. */
  readonly images: number;
  readonly failed: number;
  readonly notTried: number;
  /** Answers, kept ones too, that were cut off at the token limit. */
  readonly cutOff: number;
  /** Of the images that failed. */
  readonly lastFailure?: unknown;
  /** What ended the run before its end, where anything did. */
  readonly endedBy?: readonly unknown[];
  /** The signal that ended it, where one did. */
  readonly signal?: AbortSignal | undefined;
}

/** The exit code of a run over images; one image ends as if it had been named alone. */
export function exitCodeOfRun(run: RunResult): number {
  const { images, failed, notTried, cutOff, lastFailure, endedBy = [], signal } = run;
  const isIncomplete = failed + notTried > 0;
  const isOwnFailure = images === 1 && lastFailure !== undefined;
  const outcomes: readonly Outcome[] = [
    ...(signal?.aborted ? [outcomeForSignal(signal.reason)] : []),
    ...endedBy.map(outcomeFor),
    ...(isIncomplete ? [isOwnFailure ? outcomeFor(lastFailure) : 'someFailed'] : []),
    ...(cutOff > 0 ? ['cutOff' as const] : []),
  ];
  return exitCodes[precedence.find((outcome) => outcomes.includes(outcome)) ?? 'answered'].code;
}

/** Where several of these hold for a run, the first is told. */
const precedence: readonly Outcome[] = [
  'interrupted',
  'terminated',
  'bug',
  'output',
  'usage',
  'credential',
  'api',
  'image',
  'someFailed',
  'cutOff',
  'noAnswer',
];
