import { describeWith, type Effects } from '../describe.ts';
import { ApiError, DescribeImageError, ImageError, NetworkError } from '../errors.ts';
import { endingOf } from '../finish-reason.ts';
import { ruleForCode, ruleForStatus } from '../http/retry-table.ts';
import type { OpenedSource } from '../image/source.ts';
import { defaults } from '../options/table.ts';
import type { RetryNotice } from '../types.ts';
import type { BatchListener, BatchOptions } from './batch-options.ts';
import { answerKey, nameKey, questionKey } from './fingerprint.ts';
import type { Limiter, Report } from './limiter.ts';
import { openCandidate } from './open-candidate.ts';
import { createOutage } from './outage.ts';
import type { Archive, Candidate, Outcome, Yielded } from './outcome.ts';

export interface Surroundings {
  readonly effects: Effects;
  readonly options: BatchOptions;
  readonly archive: Archive;
  readonly listener: BatchListener;
  readonly limiter: Limiter;
  /** Ends the batch with an error, once what is in flight is finished. */
  readonly end: (error: unknown) => void;
  /** Raised here when the batch makes no sense any more. */
  readonly halt: AbortController;
  /** Raised when nothing new is to start, for this reason or another. */
  readonly stop: AbortSignal;
}

/**
 * Sees one image through, from its bytes to where its answer is kept; makes room for another while its answer is written.
 * Never rejects: an answer that came is handed on whatever becomes of the batch.
 */
export type Asker = (candidate: Candidate, index: number, makeRoom: () => void) => Promise<Yielded>;

export function createAsker(surroundings: Surroundings): Asker {
  const { effects, options, archive, listener, limiter, end, halt, stop } = surroundings;
  const { concurrency = defaults.concurrency } = options;
  const question = questionKey(options);
  /** Answers that are being written. */
  let keeping = 0;
  /** What is being asked now, by the place of its answer. */
  const inFlight = new Map<string, Promise<Outcome>>();
  const outage = createOutage();

  return async (candidate, _index, makeRoom) => {
    const outcome = await seeThrough(candidate, makeRoom);
    listener.onOutcome?.(outcome);
    if (outcome.kind !== 'answered' || outcome.kept !== 'all') return outcome;
    return { kind: 'stored', name: outcome.name, isCutOff: outcome.isCutOff };
  };

  async function seeThrough(candidate: Candidate, makeRoom: () => void): Promise<Outcome> {
    const { name } = candidate;
    // An image that cannot be read has no bytes to go by, only its name.
    let key = archive.needsKeys ? nameKey(name, question) : '';
    try {
      const onRetry = (notice: RetryNotice) => listener.onRetry?.(notice, name);
      const patient = { ...effects, sleep: sleepUntilStopped };
      const opened = await openCandidate(candidate, { ...options, onRetry }, patient);
      try {
        if (archive.needsKeys) key = await answerKey(opened.readable, question);
        return await afterTwin(archive.placeOf(name, key), () => consider(name, opened, key, makeRoom));
      } finally {
        opened.readable.close();
      }
    } catch (error) {
      return judge(error, name, key);
    }
  }

  /** Once it is time to stop, nothing is tried again. */
  function sleepUntilStopped(delayMs: number): Promise<void> {
    return effects.sleep(delayMs, stop);
  }

  /** The same bytes under another name wait until the first are answered, and are kept then. */
  async function afterTwin(place: string, work: () => Promise<Outcome>): Promise<Outcome> {
    if (place === '') return work();
    const twin = inFlight.get(place)?.catch(() => undefined);
    const mine = Promise.resolve(twin).then(work);
    inFlight.set(place, mine);
    return mine.finally(() => inFlight.get(place) === mine && inFlight.delete(place));
  }

  async function consider(
    name: string,
    opened: OpenedSource,
    key: string,
    makeRoom: () => void,
  ): Promise<Outcome> {
    const kept = await archive.recall(name, key);
    if (kept !== undefined) return { kind: 'kept', name, ...kept };
    if (stop.aborted) return { kind: 'notTried', name };
    try {
      return await keep(await ask(name, opened), key, makeRoom);
    } finally {
      archive.release(name);
    }
  }

  async function ask(name: string, opened: OpenedSource): Promise<Answered> {
    let body: Uint8Array = Buffer.alloc(0);
    let claim: Promise<void> | undefined;
    let report: Report | undefined;
    const limited: Effects = {
      ...effects,
      // Every attempt waits for its place, those that are made again too; once it is time to stop, none waits any more.
      transport: async (endpoint, requestBody, more) => {
        // Only now is it known that the image can be sent.
        claim ??= archive.claim(name);
        await claim;
        return limiter.run(async (own) => {
          report = own;
          const reply = await effects.transport(endpoint, requestBody, more);
          outage.reached();
          // Before the place is free: whoever is next in line must not run into the same wall.
          if (pausesAll(reply.status)) own.limited(effects.monotonicNow() + leastPauseMs);
          return reply;
        }, stop);
      },
      sleep: sleepUntilStopped,
    };
    const asked = describeWith(limited, opened, {
      ...options,
      onWarning: listener.onWarning,
      onUpload: listener.onUpload,
      onReply: (reply) => {
        if (options.keepsReplies) body = reply.body;
        listener.onReply?.(reply);
      },
      onRetry: (notice) => {
        if (pausesAll(notice.status)) report?.limited(effects.monotonicNow() + notice.delayMs);
        listener.onRetry?.(notice, name);
      },
    });
    const description = await asked.catch((error: unknown) => {
      // With no attempt left, too, what the server says of the time holds for all.
      const waitMs = error instanceof ApiError && pausesAll(error.status) ? error.retryAfterMs : undefined;
      if (waitMs !== undefined) report?.limited(effects.monotonicNow() + waitMs);
      throw error;
    });
    report?.succeeded();
    const isCutOff = endingOf(description.finishReason) === 'cutOff';
    return { kind: 'answered', name, description: { ...description, image: name }, body, isCutOff };
  }

  /** A disk takes its time, and the next request need not wait for it, unless more would be lost with a crash than is in flight. */
  async function keep(answered: Answered, key: string, makeRoom: () => void): Promise<Answered> {
    keeping += 1;
    if (archive.makesRoom && keeping <= concurrency) makeRoom();
    try {
      const { kept, error } = await archive.keep(answered, key);
      if (error !== undefined) end(error);
      return { ...answered, kept };
    } finally {
      keeping -= 1;
    }
  }

  /** Nothing more is asked, for a reason that concerns all. */
  function haltFor(cause: DescribeImageError): void {
    if (!halt.signal.aborted) listener.onHalt?.(cause);
    halt.abort();
  }

  async function judge(error: unknown, name: string, key: string): Promise<Outcome> {
    const failure = error instanceof DescribeImageError ? error : unexpected(error, name);
    if (failure.kind === 'aborted' || failure.kind === 'output') {
      // Nobody else ends it where this batch itself has stopped.
      const isCutShort = failure.kind === 'aborted' && stop.aborted && !options.signal?.aborted;
      if (!isCutShort) end(failure);
      return { kind: 'notTried', name };
    }
    if (befallsAll(failure, options)) {
      haltFor(failure);
      return { kind: 'notTried', name };
    }
    const cause = outage.failed(failure);
    if (cause !== undefined) haltFor(cause);
    if (options.failFast) halt.abort();
    const outcome: Outcome = { kind: 'failed', name, error: failure };
    const { error: why } = await archive.keep(outcome, key);
    if (why !== undefined) end(why);
    return outcome;
  }
}

/** Whether a status says that there are too many requests: the quota is everybody's. */
function pausesAll(status: number | undefined): boolean {
  return status !== undefined && ruleForStatus(status).action === 'pause';
}

type Answered = Extract<Outcome, { readonly kind: 'answered' }>;

/** What nobody foresaw of one image, such as a decoder that ran out of memory, is no reason to lose the others. */
function unexpected(cause: unknown, name: string): ImageError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const hint = 'This is a bug, in describe-image or in what it decodes with. Please report it.';
  return new ImageError(`unexpected error: ${message}`, { hint, cause }).about(name);
}

/** Where a server says that there are too many requests, and not yet how long to wait. */
const leastPauseMs = 1000;

/**
 * Whether every other image would fail in the same way: a wrong setting or model, a refused key, a quota that is used up or
 * comes back later than anybody is to wait, or answers that cannot be read.
 */
function befallsAll(error: DescribeImageError, { maxWaitMs = defaults.maxWaitMs }: BatchOptions): boolean {
  if (error.kind === 'usage' || error.kind === 'credential') return true;
  if (error instanceof NetworkError) return ruleForCode(error.code)?.action === 'halt';
  if (!(error instanceof ApiError)) return false;
  const { status, concernsAll, retryAfterMs = 0 } = error;
  return concernsAll || (pausesAll(status) && retryAfterMs > maxWaitMs);
}
