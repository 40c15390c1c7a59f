import { systemEffects } from '../describe.ts';
import type { DescribeImageError } from '../errors.ts';
import { defaults } from '../options/table.ts';
import { formatSummary } from '../output/summary.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodeFor, sayFailure } from './failure.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';
import type { Tally } from './tally.ts';

/** Why a batch ended, where it did not come to its end. */
export interface Ending {
  /** What every further image would have met. */
  cause?: DescribeImageError;
  /** Whether a person asked for it. */
  finish?: AbortSignal;
  /** Of the images that failed. */
  last?: DescribeImageError;
}

/** Tells what became of all, also where something broke on the way; who ends the program at once reads no more. */
export function summarize(settings: Settings, io: Io, notices: Notices, tally: Tally, ending: Ending): void {
  tally.giveUp();
  // Who has seen enough of the answers wants to hear no more of them.
  if (io.signal.aborted || io.stdout.isGone() || !wantsSummary(settings, io, tally, ending)) return;
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
  const { failed, notTried } = tally.read();
  const isKept = batch.output !== undefined || batch.sidecar !== undefined;
  const isTold = isKept || isVerbose || showsUsage || io.stderr.isTerminal;
  // One that failed has had its say.
  const isPartial = ending.cause !== undefined || (tally.count() > 1 && failed + notTried > 0);
  return isTold || isPartial;
}

/** They hold what was answered then, perhaps to another question. */
function keptFiles(tally: Tally, { batch }: Settings): string[] {
  const isDoubtful = batch.sidecar !== undefined && batch.output === undefined && tally.read().kept > 0;
  return isDoubtful ? ['files that were there are kept as they are; --overwrite asks anew'] : [];
}

/** Images whose failures have not scrolled away when the batch is over. */
const mostInSight = 20;

function summaryOf(tally: Tally, { question }: Settings, nowMs: number): string[] {
  const { startedMs } = tally.read();
  return formatSummary({
    tally: tally.read(),
    // Of few images the failures are still in sight.
    failures: tally.count() > mostInSight ? tally.failures : undefined,
    model: question.model ?? defaults.model,
    elapsedMs: nowMs - startedMs,
    cost: tally.cost(),
  });
}

/** Says why a batch ended, where that is not said yet. Returns the exit code; one image ends as if it had been named alone. */
export function endBatch(
  settings: Settings,
  notices: Notices,
  tally: Tally,
  { cause, finish, last }: Ending,
): number {
  const { failed } = tally.read();
  if (cause !== undefined) {
    sayFailure(cause, notices, settings.isDebug);
    return exitCodeFor(cause);
  }
  if (finish?.aborted) return exitCodes.interrupted.code;
  if (tally.count() === 0 && !settings.isQuiet) notices.warning('no images in the list');
  if (failed === 0) return exitCodes.answered.code;
  return tally.count() === 1 && last !== undefined ? exitCodeFor(last) : exitCodes.someFailed.code;
}
