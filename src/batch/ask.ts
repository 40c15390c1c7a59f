import { describeWith, type Effects } from '../describe.ts';
import { ApiError, DescribeImageError, type FailureKind } from '../errors.ts';
import { endingOf } from '../finish-reason.ts';
import type { OpenedSource } from '../image/source.ts';
import { ruleForStatus } from '../network/retry-table.ts';
import { defaults } from '../options/table.ts';
import type { RetryNotice } from '../types.ts';
import type { BatchListener, BatchOptions } from './batch-options.ts';
import { answerKey, nameKey, questionKey } from './key.ts';
import type { Limiter, Report } from './limiter.ts';
import { openCandidate } from './open-candidate.ts';
import type { Archive, Candidate, Outcome } from './outcome.ts';

export interface Surroundings {
  readonly effects: Effects;
  readonly options: BatchOptions;
  readonly archive: Archive;
  readonly listener: BatchListener;
  readonly limiter: Limiter;
  /** Raised here when the batch makes no sense any more. */
  readonly halt: AbortController;
  /** Raised when nothing new is to start, for this reason or another. */
  readonly stop: AbortSignal;
}

/** Sees one image through, from its bytes to where its answer is kept; makes room for another while its answer is written. */
export type Asker = (candidate: Candidate, index: number, makeRoom: () => void) => Promise<Outcome>;

export function createAsker(surroundings: Surroundings): Asker {
  const { effects, options, archive, listener, limiter, halt, stop } = surroundings;
  const { concurrency = defaults.concurrency } = options;
  const question = questionKey(options);
  /** Answers that are being written. */
  let keeping = 0;
  /** What is being asked now, by its key. */
  const inFlight = new Map<string, Promise<Outcome>>();

  return async (candidate, _index, makeRoom) => {
    const outcome = await seeThrough(candidate, makeRoom);
    listener.onOutcome?.(outcome);
    return outcome;
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
        return await afterTwin(key, () => consider(name, opened, key, makeRoom));
      } finally {
        opened.readable.close();
      }
    } catch (error) {
      return await judge(error, name, key).catch(giveUp);
    }
  }

  /** Who still waits for a place would ask for an answer that is lost. */
  function giveUp(error: unknown): never {
    halt.abort();
    throw error;
  }

  /** Once it is time to stop, nothing is tried again. */
  function sleepUntilStopped(delayMs: number): Promise<void> {
    return effects.sleep(delayMs, stop);
  }

  /** The same bytes under another name wait until the first are answered, and are kept then. */
  async function afterTwin(key: string, work: () => Promise<Outcome>): Promise<Outcome> {
    if (key === '') return work();
    const twin = inFlight.get(key)?.catch(() => undefined);
    const mine = Promise.resolve(twin).then(work);
    inFlight.set(key, mine);
    return mine.finally(() => inFlight.get(key) === mine && inFlight.delete(key));
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
    const answered = await ask(name, opened);
    await keep(answered, key, makeRoom);
    return answered;
  }

  async function ask(name: string, opened: OpenedSource): Promise<Outcome> {
    let body: Uint8Array = Buffer.alloc(0);
    let report: Report | undefined;
    const limited: Effects = {
      ...effects,
      // Every attempt waits for its place, those that are made again too; once it is time to stop, none waits any more.
      transport: (endpoint, requestBody, more) =>
        limiter.run(async (own) => {
          report = own;
          const reply = await effects.transport(endpoint, requestBody, more);
          // Before the place is free: whoever is next in line must not run into the same wall.
          if (pausesAll(reply.status)) own.limited(effects.monotonicNow() + leastPauseMs);
          return reply;
        }, stop),
      sleep: sleepUntilStopped,
    };
    const asked = describeWith(limited, opened, {
      ...options,
      onWarning: listener.onWarning,
      onUpload: listener.onUpload,
      onReply: (reply) => {
        body = reply.body;
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
  async function keep(outcome: Outcome, key: string, makeRoom: () => void): Promise<void> {
    keeping += 1;
    if (keeping <= concurrency) makeRoom();
    try {
      await archive.keep(outcome, key);
    } finally {
      keeping -= 1;
    }
  }

  async function judge(error: unknown, name: string, key: string): Promise<Outcome> {
    if (!(error instanceof DescribeImageError)) throw error;
    const isCutShort = error.kind === 'aborted' && stop.aborted && !options.signal?.aborted;
    if (isCutShort) return { kind: 'notTried', name };
    if (fatal.has(error.kind)) throw error;
    if (befallsAll(error, options)) {
      if (!halt.signal.aborted) listener.onHalt?.(error);
      halt.abort();
      return { kind: 'notTried', name };
    }
    if (options.failFast) halt.abort();
    const outcome: Outcome = { kind: 'failed', name, error };
    await archive.keep(outcome, key);
    return outcome;
  }
}

/** Whether a status says that there are too many requests: the quota is everybody's. */
function pausesAll(status: number | undefined): boolean {
  return status !== undefined && ruleForStatus(status).action === 'pause';
}

/** Where a server says that there are too many requests, and not yet how long to wait. */
const leastPauseMs = 1000;

/** These are not about an image. */
const fatal: ReadonlySet<FailureKind> = new Set(['output', 'aborted']);

/**
 * Whether every other image would fail in the same way: a wrong setting or model, a refused key, a quota that is used up, or
 * one that comes back later than anybody is to wait.
 */
function befallsAll(error: DescribeImageError, { maxWaitMs = defaults.maxWaitMs }: BatchOptions): boolean {
  if (error.kind === 'usage' || error.kind === 'credential') return true;
  if (!(error instanceof ApiError)) return false;
  const { status, concernsAll, retryAfterMs = 0 } = error;
  return concernsAll || (pausesAll(status) && retryAfterMs > maxWaitMs);
}
