import { systemEffects } from '../engine/tools.ts';
import type { DescribeImageError } from '../errors.ts';
import { defaults } from '../options/table.ts';
import { formatSummary } from '../report/summary.ts';
import { exitCodes, type Outcome, outcomeFor, outcomeForSignal } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import { sayFailure } from './say-failure.ts';
import type { Settings } from './settings.ts';
import type { Tally } from './tally.ts';

/** Why a batch ended, where it did not come to its end. */
export interface Ending {
  /** What was thrown: what every further image would have met, answers that cannot be written, or a bug. */
  error?: unknown;
  /** Whether a person asked for it. */
  finish?: AbortSignal;
  /** Of the images that failed. */
  last?: DescribeImageError;
}

/** Tells what became of all, also where something broke on the way; who presses Ctrl-C twice reads no more. */
export function summarize(settings: Settings, io: Io, notices: Notices, tally: Tally, ending: Ending): void {
  tally.giveUp();
  // Who has seen enough of the answers wants to hear no more of them.
  const isLeft = io.signal.aborted && io.signal.reason !== 'SIGTERM';
  if (isLeft || io.stdout.isGone() || !wantsSummary(settings, io, tally, ending)) return;
  const { now } = io.effects ?? systemEffects;
  const [counts = '', ...more] = summaryOf(tally, settings, now());
  notices.note(counts, ...more.map((line) => line.trim()), ...keptFiles(tally, settings));
}

/** Who only wants answers on standard output gets nothing else, as from any filter. */
function wantsSummary(
  { batch, isQuiet, isVerbose, showsUsage }: Settings,
  io: Io,
  tally: Tally,
  ending: Ending,
): boolean {
  if (isQuiet) return false;
  const { failed, notTried, cutOff, keptCutOff } = tally.read();
  const isKept = batch.output !== undefined || batch.sidecar !== undefined;
  const isTold = isKept || isVerbose || showsUsage || io.stderr.isTerminal;
  // One that failed or was cut off has had its say.
  const isPartial =
    ending.error !== undefined || (tally.count() > 1 && failed + notTried + cutOff + keptCutOff > 0);
  return isTold || isPartial;
}

/** They hold what was answered then, perhaps to another question. */
function keptFiles(tally: Tally, { batch }: Settings): string[] {
  const isDoubtful = batch.sidecar !== undefined && batch.output === undefined && tally.read().kept > 0;
  return isDoubtful ? ['existing files were kept; use --overwrite to ask again'] : [];
}

/** Images whose failures have not scrolled away when the batch is over. */
const maxInSight = 20;

function summaryOf(tally: Tally, { question }: Settings, nowMs: number): string[] {
  const { startedMs } = tally.read();
  return formatSummary({
    tally: tally.read(),
    // Of few images the failures are still in sight.
    failures: tally.count() > maxInSight ? tally.failures : undefined,
    model: question.model ?? defaults.model,
    elapsedMs: nowMs - startedMs,
    cost: tally.cost(),
  });
}

/** Says why a batch ended, where that is not said yet. Returns the exit code. */
export function endBatch(
  settings: Settings,
  io: Io,
  notices: Notices,
  tally: Tally,
  { error, finish, last }: Ending,
): number {
  const signal = io.signal.aborted ? io.signal : finish;
  const endedBy = error === undefined ? [] : [error];
  // Who ends the program at once reads no more.
  if (!io.signal.aborted) for (const each of endedBy) sayFailure(each, notices, settings.isDebug);
  if (tally.count() === 0 && endedBy.length === 0 && !signal?.aborted && !settings.isQuiet)
    notices.warning('no images in the list');
  const { failed, notTried, cutOff, keptCutOff } = tally.read();
  return exitCodeOfRun({
    images: tally.count(),
    failed,
    // A reader that has seen enough wanted no more of them.
    notTried: io.stdout.isGone() ? 0 : notTried,
    cutOff: cutOff + keptCutOff,
    lastFailure: last,
    endedBy,
    signal,
  });
}

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
export const precedence: readonly Outcome[] = [
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
