import { estimateCost, type Prices } from '../engine/cost.ts';
import type { Told } from '../engine/tools.ts';
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
  readonly found: () => void;
  readonly retried: () => void;
  /** How many images there are, once that is known. */
  readonly expect: (total: number | undefined) => void;
  /** All were found: what came and went since they were counted is known now. */
  readonly complete: () => void;
  /** Nobody asks before then. */
  readonly pausedUntil: (untilMs: number | undefined) => void;
  /** What is left will not be tried. */
  readonly giveUp: () => void;
}

/** Starts at nothing, now. */
export function createTally(prices: Prices, startedMs: number): Tally {
  const counts = {
    ...{ found: 0, answered: 0, unkept: 0, kept: 0, failed: 0, notTried: 0, retries: 0 },
    ...{ cutOff: 0, keptCutOff: 0 },
  };
  const tokens = { promptTokenCount: 0, candidatesTokenCount: 0, thoughtsTokenCount: 0, totalTokenCount: 0 };
  const failures: BatchFailure[] = [];
  let total: number | undefined;
  let isComplete = false;
  let pausedUntilMs: number | undefined;
  let cost: number | undefined = 0;
  return {
    read: () => ({ ...counts, total, tokens: { ...tokens }, pausedUntilMs, startedMs }),
    count: () => total ?? counts.found,
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
    found: () => {
      counts.found += 1;
    },
    retried: () => {
      counts.retries += 1;
    },
    expect: (count) => {
      if (!isComplete) total = count;
    },
    complete: () => {
      isComplete = true;
      total = counts.found;
    },
    pausedUntil: (untilMs) => {
      pausedUntilMs = untilMs;
    },
    giveUp: () => {
      const { answered, unkept, kept, failed } = counts;
      counts.notTried = Math.max(0, (total ?? counts.found) - answered - unkept - kept - failed);
    },
  };
}
