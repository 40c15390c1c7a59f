import { existsSync } from 'node:fs';
import { redact, redactValue } from '../api/redact.ts';
import { defaultPrices, type Prices } from '../engine/cost.ts';
import { run } from '../engine/run.ts';
import { systemEffects, type Told } from '../engine/tools.ts';
import { DescribeImageError } from '../errors.ts';
import type { RetryNotice } from '../http/retry.ts';
import type { Search } from '../image/find.ts';
import { flagName } from '../options/table.ts';
import { formatText, recordOf } from '../report/answer.ts';
import { createStore } from '../store/create-store.ts';
import type { Journal } from '../store/journal.ts';
import { createSidecars, type Sidecars } from '../store/sidecar.ts';
import type { Store } from '../store/store.ts';
import { type Ending, endBatch, summarize } from './batch-ending.ts';
import { searchImages } from './find-images.ts';
import type { Io } from './io.ts';
import { limitMemory } from './memory.ts';
import type { Notices } from './notices.ts';
import { describeRetry, observe } from './observe.ts';
import { readPrices } from './prices.ts';
import { sayCutOff, sayFailure } from './say-failure.ts';
import type { Settings } from './settings.ts';
import { startBatchProgress } from './show-progress.ts';
import { createTally, type Tally } from './tally.ts';
import { createWriter, writeFailure } from './write-answers.ts';

/**
 * Asks about each of several images by itself, and writes each answer once those before it are written, or keeps it where it
 * was told to. Returns the exit code.
 */
export async function askAboutEach(settings: Settings, io: Io, notices: Notices): Promise<number> {
  const { now } = io.effects ?? systemEffects;
  await limitMemory();
  const prices = await pricesFor(settings, io, now());
  const search = searchImages(settings, io, notices);
  const tally = createTally(prices, now(), search);
  const journal = await journalFor(settings, io);
  const sidecars = sidecarsFor(settings, notices);
  io.atEnd(() => sidecars?.releaseAll());
  const store = storeFor(settings, journal, sidecars);
  const ending: Ending = {};
  try {
    if (settings.isDryRun) {
      const { forecast } = await import('./forecast.ts');
      return await forecast(search.images(), store, settings, io, notices, prices);
    }
    // What cannot be written is known before the first request.
    await sidecars?.checkFolders(search.names(), io.signal);
    const progress = startBatchProgress({ tally: tally.read, io, isQuiet: settings.isQuiet, now });
    try {
      await ask(settings, io, notices, { search, tally, store, ending });
    } catch (error) {
      ending.error = error;
    } finally {
      progress.stop();
      summarize(settings, io, notices, tally, ending);
    }
  } finally {
    search.stop();
    await journal?.close();
  }
  return endBatch(settings, io, notices, tally, ending);
}

interface Running {
  readonly search: Search;
  readonly tally: Tally;
  readonly store: Store;
  readonly ending: Ending;
}

async function ask(
  settings: Settings,
  io: Io,
  notices: Notices,
  { search, tally, store, ending }: Running,
): Promise<void> {
  const { question, batch, format, isDebug } = settings;
  const effects = io.effects ?? systemEffects;
  ending.finish = io.finishFirst(() =>
    notices.note('finishing requests in progress; press Ctrl-C again to stop now'),
  );
  const { onWarning, onReply } = observe(settings, notices);
  const { concurrency, requestsPerMinute, failFast } = batch;
  const asking = {
    ...question,
    ...{ concurrency, requestsPerMinute, failFast },
    ...{ onWarning, onReply, onRetry: retryTeller(settings, notices, tally, effects.monotonicNow) },
    signal: io.signal,
  };
  const write = createWriter(settings, io, true);
  const answers = run(search.images(), {
    options: asking,
    isSeveral: true,
    effects,
    store,
    naming: flagName,
    keepsReplies: format === 'raw',
    finish: ending.finish,
    listener: {
      onLimit: ({ pausedUntilMs }) => tally.pausedUntil(pausedUntilMs),
      onResult: tally.add,
    },
  });
  try {
    for await (const told of answers) {
      const { result } = told;
      if (result.outcome === 'failed') {
        ending.last = result.error;
        sayFailure(result.error, notices, isDebug);
      }
      await write(told);
      say(told, settings, notices);
      if (io.stdout.isGone()) return;
    }
  } catch (error) {
    const isOfImage = error instanceof DescribeImageError && error.image !== undefined;
    if (isOfImage) await writeFailure(error, error.image, settings, write);
    throw error;
  }
}

function say({ result, kept }: Told, { isQuiet }: Settings, notices: Notices): void {
  const { image = '', outcome } = result;
  if (outcome === 'cutOff') sayCutOff(image, false, notices);
  if (outcome === 'kept' && result.isCutOff) sayCutOff(image, !result.isNew, notices);
  if ((outcome === 'answered' || outcome === 'cutOff') && kept !== undefined && !isQuiet)
    notices.warning(`${image}: the answer could not be saved and was printed to standard output`);
}

/** That all wait is said once for a pause; each attempt that failed is one of many here, and is told with `--verbose`. */
function retryTeller(
  settings: Settings,
  notices: Notices,
  tally: Tally,
  monotonicNow: () => number,
): (notice: RetryNotice, image: string) => void {
  let saidUntilMs = Number.NEGATIVE_INFINITY;
  return (notice, image) => {
    tally.retried();
    if (settings.isVerbose) notices.note(`${image}: ${describeRetry(notice)}`);
    if (notice.status !== 429 || settings.isQuiet || monotonicNow() < saidUntilMs) return;
    saidUntilMs = monotonicNow() + notice.delayMs;
    notices.note(
      `rate limit reached; all requests wait until ${notice.resumesAt.toTimeString().slice(0, 8)}`,
    );
  };
}

async function pricesFor({ batch }: Settings, io: Io, nowMs: number): Promise<Prices> {
  const known = defaultPrices(new Date(nowMs));
  return batch.prices === undefined ? known : readPrices(batch.prices, known, io.signal);
}

/** Keeps answers as the settings say: in a journal, in files beside the images, or nowhere. */
function storeFor(
  { question }: Settings,
  journal: Journal | undefined,
  sidecars: Sidecars | undefined,
): Store {
  return createStore({
    journal,
    sidecars,
    textOf: (answer) => redact(formatText(answer, false), question.apiKey),
    record: (result) => redactValue(recordOf(result, flagName), question.apiKey),
  });
}
async function journalFor({ batch, isDryRun }: Settings, io: Io): Promise<Journal | undefined> {
  // A dry run leaves nothing behind.
  if (batch.output === undefined || (isDryRun && !existsSync(batch.output))) return undefined;
  const { openJournal } = await import('../store/journal.ts');
  const { overwrite } = batch;
  const owner = await io.owner();
  const { isAlive, atEnd: onLocked } = io;
  return openJournal(batch.output, { overwrite, isReadOnly: isDryRun, owner, isAlive, onLocked });
}

function sidecarsFor({ batch, isQuiet }: Settings, notices: Notices): Sidecars | undefined {
  const { sidecar: extension, overwrite } = batch;
  if (extension === undefined) return undefined;
  const onWarning = isQuiet ? undefined : notices.warning;
  return createSidecars({ extension, overwrite, onWarning });
}
