import { printableLine } from '../printable.ts';
import { type BatchTally, counted, formatDuration } from './batch-progress.ts';
import { formatCost, formatUsage, grouped } from './figures.ts';

/** An image without an answer, and why. */
export interface BatchFailure {
  readonly image: string;
  readonly message: string;
}

/** What is to be told of a batch that is over. */
export interface BatchOutcome {
  readonly tally: BatchTally;
  /** The first failures; undefined where they need not be told again. No more than `maxFailuresShown` are needed, the tally counts them all. */
  readonly failures: readonly BatchFailure[] | undefined;
  readonly model: string;
  readonly elapsedMs: number;
  /** In US dollars; undefined where the model's price is not known. */
  readonly cost: number | undefined;
}

/** More than this would push the summary off the screen. */
export const maxFailuresShown = 20;

/** The lines at the end of a batch: how many images came to what, which failed and why, and what it took. */
export function formatSummary({ tally, failures, model, elapsedMs, cost }: BatchOutcome): string[] {
  return [
    countLine(tally),
    ...(failures === undefined ? [] : failureLines(failures, tally.failed)),
    [...expenses(tally, model, cost), `in ${formatDuration(elapsedMs)}`].join(', '),
  ];
}

function countLine(tally: BatchTally): string {
  const { total, found, answered, cutOff, unkept, kept, keptCutOff, failed, notTried } = tally;
  const images = counted(total ?? found, 'image', 'images');
  const counts: readonly (readonly [count: number, what: string])[] = [
    [answered - cutOff, 'answered'],
    [kept - keptCutOff, 'kept'],
    [cutOff + keptCutOff, 'cut off'],
    [unkept, 'not recorded'],
    [failed, 'failed'],
    [notTried, 'not tried'],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  // Stopped before the folder was walked to its end.
  const head = total === undefined ? `${images} found` : images;
  return parts.length === 0 ? head : `${head}: ${parts.join(', ')}`;
}

function failureLines(failures: readonly BatchFailure[], failed: number): string[] {
  const shown = failures.slice(0, maxFailuresShown);
  const unsaid = Math.max(failed, failures.length) - shown.length;
  return [...shown.map(failureLine), ...(unsaid > 0 ? [`  … and ${grouped(unsaid)} more`] : [])];
}

function failureLine({ image, message }: BatchFailure): string {
  const isNamed = message.startsWith(`${image}: `);
  return `  ${printableLine(isNamed ? message : `${image}: ${message}`)}`;
}

function expenses({ tokens, answered }: BatchTally, model: string, cost: number | undefined): string[] {
  if (tokens.totalTokenCount > 0)
    return [formatUsage({ ...tokens, cachedContentTokenCount: 0 }), formatCost(cost, model)];
  return [answered > 0 ? formatUsage(null) : 'no tokens'];
}
