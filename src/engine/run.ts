import { setMaxListeners } from 'node:events';
import type { Effects } from '../describe.ts';
import { UsageError } from '../errors.ts';
import { keepConnections } from '../http/connections.ts';
import { defaults } from '../options/table.ts';
import { endpointOf } from '../prepare.ts';
import { createAsker } from './ask.ts';
import type { BatchListener, BatchOptions } from './batch-options.ts';
import { createLimiter, type LimiterState } from './limiter.ts';
import { inOrder } from './order.ts';
import type { Archive, Candidate, Yielded } from './outcome.ts';

/** Results may be this many places ahead of one that takes its time. */
const lookAheadPerRequest = 16;

/** Answers that wait for their turn may be this long together, in characters and bytes, before nothing new is asked. */
const maxWaiting = 64 * 1024 * 1024;

/**
 * Asks about many images, several at once, and yields what became of each in the order they came in. An image that fails
 * does not keep the others from being asked about, unless they would fail in the same way: then nothing more is asked.
 * Throws an `OutputError` where an answer cannot be kept, and an `AbortedError`; what was in flight is finished and yielded
 * first, so that no answer that came is lost.
 */
export async function* runBatch(
  effects: Effects,
  candidates: AsyncIterable<Candidate>,
  options: BatchOptions,
  archive: Archive,
  listener: BatchListener,
): AsyncGenerator<Yielded> {
  const { concurrency = defaults.concurrency, requestsPerMinute, finish } = options;
  checkNumbers(options);
  const { onLimit } = listener;
  const limiter = createLimiter({
    concurrency,
    requestsPerMinute,
    now: effects.monotonicNow,
    sleep: effects.sleep,
    onChange: onLimit && ((state) => onLimit(byWallClock(state, effects))),
  });
  const { url } = endpointOf(options);
  const agent = options.agent ?? (await keepConnections(url, options.proxy));
  const halt = new AbortController();
  const ends = [halt.signal, finish, options.signal].filter((signal) => signal !== undefined);
  const stop = AbortSignal.any(ends);
  // Every request in flight listens.
  for (const signal of [stop, ...ends]) setMaxListeners(0, signal);
  let failure: { readonly error: unknown } | undefined;
  const asker = createAsker({
    end: (error) => {
      failure ??= { error };
      halt.abort();
    },
    effects,
    options: { ...options, agent },
    archive,
    listener,
    limiter,
    halt,
    stop,
  });
  try {
    const lookAhead = concurrency * lookAheadPerRequest;
    const order = { concurrency, lookAhead, weigh, maxWaiting, stop };
    for await (const outcome of inOrder(candidates, asker, order)) {
      let hasLeft = true;
      try {
        yield outcome;
        hasLeft = false;
      } finally {
        // Nobody wants what waits for its place, or to be tried again.
        if (hasLeft) halt.abort();
      }
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    if (options.agent === undefined) agent.destroy();
  }
}

/** A pause goes by a clock that nobody sets, and is shown by the one on the wall. */
function byWallClock(
  { pausedUntilMs, ...state }: LimiterState,
  { now, monotonicNow }: Effects,
): LimiterState {
  const leftMs = (pausedUntilMs ?? 0) - monotonicNow();
  return { ...state, pausedUntilMs: pausedUntilMs === undefined ? undefined : now() + leftMs };
}

function weigh(outcome: Yielded): number {
  return outcome.kind === 'answered' ? outcome.description.text.length + outcome.body.length : 0;
}

function checkNumbers({ concurrency = 1, requestsPerMinute = 1 }: BatchOptions): void {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new UsageError(`\`concurrency\` must be a whole number of 1 or more, not ${concurrency}`);
  }
  if (!(requestsPerMinute > 0 && Number.isFinite(requestsPerMinute))) {
    throw new UsageError(`\`requestsPerMinute\` must be a number above 0, not ${requestsPerMinute}`);
  }
}
