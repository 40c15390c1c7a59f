import { estimateCost, type Prices } from '../engine/cost.ts';
import type { Told } from '../engine/tools.ts';
import type { Search } from '../image/find.ts';
import { flagName } from '../options/table.ts';
import type { BatchTally } from '../report/batch-progress.ts';
import { type BatchFailure, maxFailuresShown } from '../report/summary.ts';
import { isAnswer } from '../result.ts';

/** Counts what became of the images of a batch. */
export interface Tally {
  readonly read: () => BatchTally;
  /** How many images there are, as far as that is known. */
  readonly count: () => number;
  /** The first failures. */
  readonly failures: readonly BatchFailure[];
  /** In US dollars; undefined where the price of a model that answered is not known. */
  readonly cost: () => number | undefined;
  readonly add: (told: Told) => void;
  readonly retried: () => void;
  /** Nobody asks before then. */
  readonly pausedUntil: (untilMs: number | undefined) => void;
  /** What is left will not be tried. */
  readonly giveUp: () => void;
}

/** Starts at nothing, now. */
export function createTally(
  prices: Prices,
  startedMs: number,
  { found, total }: Pick<Search, 'found' | 'total'>,
): Tally {
  const counts = {
    ...{ answered: 0, unkept: 0, kept: 0, failed: 0, notTried: 0, retries: 0 },
    ...{ cutOff: 0, keptCutOff: 0 },
  };
  const tokens = { promptTokenCount: 0, candidatesTokenCount: 0, thoughtsTokenCount: 0, totalTokenCount: 0 };
  const failures: BatchFailure[] = [];
  let pausedUntilMs: number | undefined;
  let cost: number | undefined = 0;
  return {
    read: () => ({
      ...counts,
      found: found(),
      total: total(),
      tokens: { ...tokens },
      pausedUntilMs,
      startedMs,
    }),
    count: found,
    failures,
    cost: () => cost,
    add: ({ result, kept }) => {
      const { outcome } = result;
      if (outcome === 'kept') counts.keptCutOff += Number(result.isCutOff);
      if (outcome === 'failed' && failures.length < maxFailuresShown)
        failures.push({ image: result.image ?? '', message: result.error.say(flagName).message });
      if (!isAnswer(result)) {
        counts[outcome as 'kept' | 'failed' | 'notTried'] += 1;
        return;
      }
      const isUnkept = kept === 'not';
      counts[isUnkept ? 'unkept' : 'answered'] += 1;
      if (!isUnkept) counts.cutOff += Number(outcome === 'cutOff');
      const { usage, model, modelVersion } = result;
      if (usage === null) return;
      for (const name of Object.keys(tokens) as (keyof typeof tokens)[]) tokens[name] += usage[name];
      const one = estimateCost(modelVersion ?? model, usage, prices) ?? estimateCost(model, usage, prices);
      cost = cost === undefined || one === undefined ? undefined : cost + one;
    },
    retried: () => {
      counts.retries += 1;
    },
    pausedUntil: (untilMs) => {
      pausedUntilMs = untilMs;
    },
    giveUp: () => {
      const { answered, unkept, kept, failed } = counts;
      counts.notTried = Math.max(0, found() - answered - unkept - kept - failed);
    },
  };
}
