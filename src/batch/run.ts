import { describeWith, type Effects } from '../describe.ts';
import { type DescribeOptions, defaults } from '../describe-options.ts';
import { ApiError, DescribeImageError, type FailureKind, type ImageError } from '../errors.ts';
import type { ImageInput, OpenedSource } from '../image/source.ts';
import { keepConnections } from '../network/connections.ts';
import { endpointOf, open } from '../prepare.ts';
import type { Description, HttpReply, RetryNotice } from '../types.ts';
import { inOrder } from './in-order.ts';
import { answerKey, nameKey, questionKey } from './key.ts';
import { createLimiter, type Limiter, type LimiterState, type Report } from './limiter.ts';

export interface BatchOptions extends DescribeOptions {
  /** Requests at once, at most; 4 unless given. */
  readonly concurrency?: number | undefined;
  /** At most so many requests a minute. */
  readonly requestsPerMinute?: number | undefined;
  /** Whether the first failure ends the batch. */
  readonly failFast?: boolean | undefined;
  /** Once it is raised, nothing new is asked, and what is in flight is finished. */
  readonly finish?: AbortSignal | undefined;
}

/** What became of one image. */
export type Outcome = { readonly name: string } & (
  | { readonly kind: 'answered'; readonly description: Description; readonly body: Uint8Array }
  | { readonly kind: 'kept' }
  /** Every request would fail, so there was none. */
  | { readonly kind: 'notTried' }
  | { readonly kind: 'failed'; readonly error: DescribeImageError }
);

/** An image that was found, or the reason why it was not. */
export type Candidate =
  | { readonly name: string; readonly input: ImageInput }
  | { readonly name: string; readonly error: ImageError };

/** Where answers are kept beyond the run. */
export interface Archive {
  /** Whether it goes by the bytes of images, so that the same bytes are asked about once. */
  readonly needsKeys: boolean;
  /** Whether there is nothing to ask about an image; changes nothing. */
  knows(name: string, key: string): boolean;
  /** Sees to it that what is known of an image is kept under its name, if there is nothing to ask; throws where its answer could not be kept. */
  isKept(name: string, key: string): Promise<boolean>;
  /** Keeps an answer, or a failure; resolves once it is kept. Throws an `OutputError`. */
  keep(outcome: Outcome, key: string): Promise<void>;
}

/** Told while the batch goes on. */
export interface BatchListener {
  readonly onWarning?: (warning: string) => void;
  readonly onRetry?: (notice: RetryNotice, name: string) => void;
  readonly onReply?: (reply: HttpReply) => void;
  readonly onLimit?: (state: LimiterState) => void;
  readonly onUpload?: (sentBytes: number, totalBytes: number) => void;
  /** The batch goes no further, since all that follow would fail in the same way. */
  readonly onHalt?: (cause: DescribeImageError) => void;
}

/** Results may be this many places ahead of one that takes its time. */
const lookAheadPerRequest = 16;

/**
 * Asks about many images, several at once, and yields what became of each in the order they came in. An image that fails
 * does not keep the others from being asked about, unless they would fail in the same way: then nothing more is asked.
 * Throws an `OutputError` where an answer cannot be kept, and an `AbortedError`; what was in flight is finished first.
 */
export async function* runBatch(
  effects: Effects,
  candidates: AsyncIterable<Candidate>,
  options: BatchOptions,
  archive: Archive,
  listener: BatchListener,
): AsyncGenerator<Outcome> {
  const { concurrency = defaults.concurrency, requestsPerMinute, finish } = options;
  const { onLimit } = listener;
  const limiter = createLimiter({
    concurrency,
    requestsPerMinute,
    now: effects.now,
    sleep: effects.sleep,
    ...(onLimit && { onChange: onLimit }),
  });
  const { url } = endpointOf(options);
  const agent = options.agent ?? (await keepConnections(url, options.proxy));
  const halt = new AbortController();
  const asker = createAsker({ effects, options: { ...options, agent }, archive, listener, limiter, halt });
  const stop = finish === undefined ? halt.signal : AbortSignal.any([halt.signal, finish]);
  try {
    yield* inOrder(candidates, asker, { concurrency, lookAhead: concurrency * lookAheadPerRequest, stop });
  } finally {
    if (options.agent === undefined) agent.destroy();
  }
}

interface Surroundings {
  readonly effects: Effects;
  readonly options: BatchOptions;
  readonly archive: Archive;
  readonly listener: BatchListener;
  readonly limiter: Limiter;
  readonly halt: AbortController;
}

function createAsker(surroundings: Surroundings): (candidate: Candidate) => Promise<Outcome> {
  const { effects, options, archive, listener, limiter, halt } = surroundings;
  const question = questionKey(options);
  /** What is being asked now, by its key. */
  const inFlight = new Map<string, Promise<Outcome>>();

  return async (candidate) => {
    // An image that cannot be read has no bytes to go by, only its name.
    let key = archive.needsKeys ? nameKey(candidate.name, question) : '';
    try {
      if ('error' in candidate) throw candidate.error;
      const opened = await open(candidate.input, options, effects);
      try {
        if (archive.needsKeys) key = await answerKey(opened.readable, question);
        return await afterTwin(key, () => consider(candidate.name, opened, key));
      } finally {
        opened.readable.close();
      }
    } catch (error) {
      return judge(error, candidate.name, key);
    }
  };

  /** The same bytes under another name wait until the first are answered, and are kept then. */
  async function afterTwin(key: string, work: () => Promise<Outcome>): Promise<Outcome> {
    if (key === '') return work();
    const twin = inFlight.get(key)?.catch(() => undefined);
    const mine = Promise.resolve(twin).then(work);
    inFlight.set(key, mine);
    return mine.finally(() => inFlight.get(key) === mine && inFlight.delete(key));
  }

  async function consider(name: string, opened: OpenedSource, key: string): Promise<Outcome> {
    if (await archive.isKept(name, key)) return { kind: 'kept', name };
    if (halt.signal.aborted) return { kind: 'notTried', name };
    return ask(name, opened, key);
  }

  async function judge(error: unknown, name: string, key: string): Promise<Outcome> {
    if (!(error instanceof DescribeImageError) || fatal.has(error.kind)) throw error;
    if (concernsAll(error)) {
      if (!halt.signal.aborted) listener.onHalt?.(error);
      halt.abort();
      return { kind: 'notTried', name };
    }
    if (options.failFast) halt.abort();
    const outcome: Outcome = { kind: 'failed', name, error };
    await archive.keep(outcome, key);
    return outcome;
  }

  async function ask(name: string, opened: OpenedSource, key: string): Promise<Outcome> {
    let body: Uint8Array = Buffer.alloc(0);
    let report: Report | undefined;
    // Every attempt waits for its place, those that are made again too.
    const transport: Effects['transport'] = (endpoint, requestBody, more) =>
      limiter.run((ownReport) => {
        report = ownReport;
        return effects.transport(endpoint, requestBody, more);
      }, more.signal);
    const description = await describeWith({ ...effects, transport }, opened, {
      ...options,
      ...(listener.onWarning && { onWarning: listener.onWarning }),
      ...(listener.onUpload && { onUpload: listener.onUpload }),
      onReply: (reply) => {
        body = reply.body;
        listener.onReply?.(reply);
      },
      onRetry: (notice) => {
        if (notice.status === 429) report?.limited(notice.resumesAt.getTime());
        listener.onRetry?.(notice, name);
      },
    });
    report?.succeeded();
    const outcome: Outcome = { kind: 'answered', name, description: { ...description, image: name }, body };
    await archive.keep(outcome, key);
    return outcome;
  }
}

/** These are not about an image. */
const fatal: ReadonlySet<FailureKind> = new Set(['output', 'aborted']);

/** Whether every other image would fail in the same way: a wrong setting, a refused key, a quota that is used up. */
function concernsAll(error: DescribeImageError): boolean {
  const isUsedUp = error instanceof ApiError && [402, 429].includes(error.status) && !error.retryable;
  return isUsedUp || error.kind === 'usage' || error.kind === 'credential';
}
