import type { BatchTally } from '../../src/report/batch-progress.ts';

/** When the batches of these tests began. */
export const startedMs = new Date(2026, 8, 15, 14, 0, 0).getTime();

/** A batch of 1,000 images of which none is done. */
export const nothing: BatchTally = {
  total: 1000,
  found: 1000,
  ...{ answered: 0, cutOff: 0, unkept: 0, kept: 0, keptCutOff: 0, failed: 0, notTried: 0, retries: 0 },
  tokens: { promptTokenCount: 0, candidatesTokenCount: 0, thoughtsTokenCount: 0, totalTokenCount: 0 },
  pausedUntilMs: undefined,
  startedMs,
};

export const tokens = { ...nothing.tokens, totalTokenCount: 482_113 };

/** The same with a third done, and some trouble. */
export const middle: BatchTally = { ...nothing, answered: 309, failed: 3, retries: 12, tokens };
