import { setMaxListeners } from 'node:events';
import { generateEndpoint } from '../api/endpoint.ts';
import { DescribeImageError, ImageError } from '../errors.ts';
import { keepConnections } from '../http/proxy.ts';
import { defaults } from '../options/table.ts';
import { isAnswer } from '../result.ts';
import { ask } from './ask.ts';
import { createLimiter, type LimiterState } from './limiter.ts';
import { inOrder } from './order.ts';
import { createOutage } from './outage.ts';
import {
  commonTools,
  type Effects,
  type Found,
  lighter,
  optionsFor,
  type RunOptions,
  systemEffects,
  type Told,
  type Tools,
} from './tools.ts';

/** Results may be this many places ahead of one that takes its time. */
const lookAheadPerRequest = 16;

/** Answers that wait for their turn may be this long together, in characters and bytes, before nothing new is asked. */
const maxWaiting = 64 * 1024 * 1024;

/** Asks about several images at once, under one limit, and hands their results on in order. */
export async function* runMany(
  images: Iterable<Found> | AsyncIterable<Found>,
  given: RunOptions,
): AsyncGenerator<Told> {
  const { options, listener, finish, effects = systemEffects } = given;
  const { concurrency = defaults.concurrency, requestsPerMinute } = options;
  const onLimit = listener?.onLimit;
  const limiter = createLimiter({
    concurrency,
    requestsPerMinute,
    now: effects.monotonicNow,
    sleep: effects.sleep,
    onChange: onLimit && ((state) => onLimit(byWallClock(state, effects))),
  });
  const { url } = generateEndpoint(options.model ?? defaults.model, options.apiKey, options);
  const agent = options.agent ?? (await keepConnections(url, options.proxy));
  const halt = new AbortController();
  const ends = [halt.signal, finish, options.signal].filter((signal) => signal !== undefined);
  const stop = AbortSignal.any(ends);
  // Every request in flight listens.
  for (const signal of [stop, ...ends]) setMaxListeners(0, signal);
  let failure: { readonly error: unknown } | undefined;
  const outage = createOutage();
  const common = commonTools(given);
  const tools: Tools = {
    ...common,
    // Once it is time to stop, nothing waits for another attempt.
    effects: { ...effects, sleep: (delayMs) => effects.sleep(delayMs, stop) },
    stop,
    place: (request) =>
      limiter.run(async (report) => {
        const reply = await request(report);
        outage.reached();
        return reply;
      }, stop),
    inTurn: createTurns(),
  };
  let keeping = 0;

  /** Never rejects: an answer that came is handed on whatever becomes of the run. */
  async function see(found: Found, _index: number, makeRoom: () => void): Promise<Told> {
    let isKeeping = false;
    // A disk takes its time, and the next request need not wait for it, unless more would be lost with a crash than is in flight.
    const keep = () => {
      isKeeping = true;
      keeping += 1;
      if (keeping <= concurrency) makeRoom();
    };
    const told = await settle(found, keep);
    if (isKeeping) keeping -= 1;
    hear(told.error);
    if (options.failFast && told.result.outcome === 'failed') halt.abort();
    listener?.onResult?.(told);
    return lighter(told);
  }

  async function settle(found: Found, makeRoom: () => void): Promise<Told> {
    const { name } = found;
    try {
      const own = { ...tools, options: { ...optionsFor(name, options), agent } };
      const told = await ask({ ...found, isOneOfMany: true }, own, makeRoom);
      if (told.result.outcome === 'failed') hear(outage.failed(told.result.error));
      return told;
    } catch (error) {
      return judge(error, name);
    }
  }

  async function judge(error: unknown, image: string): Promise<Told> {
    const notTried = { image, outcome: 'notTried' } as const;
    if (!(error instanceof DescribeImageError)) return unforeseen(error, image);
    // Nobody else ends what this run itself has stopped.
    const isCutShort = error.kind === 'aborted' && stop.aborted && !options.signal?.aborted;
    if (!isCutShort) hear(error);
    return { result: notTried };
  }

  /** Nothing more is asked, for a reason that concerns all; the first one is told. */
  function hear(cause: unknown): void {
    if (cause === undefined) return;
    failure ??= { error: cause };
    halt.abort();
  }

  /** What nobody foresaw of one image, such as a decoder that ran out of memory, is no reason to lose the others. */
  async function unforeseen(cause: unknown, image: string): Promise<Told> {
    const message = cause instanceof Error ? cause.message : String(cause);
    const hint = 'This is a bug in describe-image or its image decoder. Please report it.';
    const error = new ImageError(`unexpected error: ${message}`, { hint, cause }).about(image);
    const { prompt = defaults.prompt, model = defaults.model } = options;
    const result = { image, images: [], prompt, model, outcome: 'failed', error } as const;
    const keeping = await common.store.keep(image, (await common.fingerprint?.ofName(image)) ?? '', result);
    return { result, ...keeping };
  }

  try {
    const lookAhead = concurrency * lookAheadPerRequest;
    const order = { concurrency, lookAhead, weigh, maxWaiting, stop };
    for await (const told of inOrder(images, see, order)) {
      let hasLeft = true;
      try {
        yield told;
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

function weigh({ result, body }: Told): number {
  return (isAnswer(result) ? result.text.length : 0) + (body?.length ?? 0);
}

/** A pause goes by a clock that nobody sets, and is shown by the one on the wall. */
function byWallClock(
  { pausedUntilMs, ...state }: LimiterState,
  { now, monotonicNow }: Effects,
): LimiterState {
  const leftMs = (pausedUntilMs ?? 0) - monotonicNow();
  return { ...state, pausedUntilMs: pausedUntilMs === undefined ? undefined : now() + leftMs };
}

/** The same bytes under another name wait until the first are answered, and are kept then. */
function createTurns(): Tools['inTurn'] {
  const inProgress = new Map<string, Promise<unknown>>();
  return async (place, work) => {
    if (place === '') return work();
    const before = inProgress.get(place)?.catch(() => undefined);
    const mine = Promise.resolve(before).then(work);
    inProgress.set(place, mine);
    return mine.finally(() => inProgress.get(place) === mine && inProgress.delete(place));
  };
}
