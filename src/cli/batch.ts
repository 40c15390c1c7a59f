import { existsSync } from 'node:fs';
import { systemEffects } from '../describe.ts';
import type { Candidate, Yielded } from '../engine/outcome.ts';
import { defaultPrices, type Prices } from '../engine/prices.ts';
import { runBatch } from '../engine/run.ts';
import type { DescribeImageError } from '../errors.ts';
import { collect } from '../image/find.ts';
import type { Journal } from '../store/journal.ts';
import { createSidecars, type Sidecars } from '../store/sidecar.ts';
import { type Ending, endBatch, summarize } from './batch-ending.ts';
import { listen } from './batch-listener.ts';
import { archiveFor, createWriter, type Stores } from './batch-output.ts';
import { startBatchProgress } from './batch-progress.ts';
import { countImages } from './count-images.ts';
import { sayCutOff, sayFailure } from './failure.ts';
import { findImages } from './find-images.ts';
import { wordsOf } from './images.ts';
import type { Io } from './io.ts';
import { limitMemory } from './memory.ts';
import type { Notices } from './notices.ts';
import { readPrices } from './prices.ts';
import type { Settings } from './settings.ts';
import { createTally, type Tally } from './tally.ts';

/**
 * Asks about each of several images by itself, and writes each answer once those before it are written, or keeps it where it
 * was told to. Returns the exit code.
 */
export async function askAboutEach(settings: Settings, io: Io, notices: Notices): Promise<number> {
  const { now } = io.effects ?? systemEffects;
  await limitMemory();
  const prices = await pricesFor(settings, io, now());
  const tally = createTally(prices, now());
  const journal = await journalFor(settings, io);
  const sidecars = sidecarsFor(settings, notices);
  const stores = { journal, sidecars };
  io.atEnd(() => sidecars?.releaseAll());
  const ending: Ending = {};
  try {
    if (settings.isDryRun) {
      const { forecast } = await import('./batch-dry-run.ts');
      const images = tallied(findImages(settings, io, notices), tally);
      return await forecast(images, archiveFor(settings, stores), settings, io, notices, prices);
    }
    // What cannot be written is known before the first request.
    const named = collect(wordsOf(settings.images, io), settings.images.isRecursive);
    await sidecars?.checkFolders(named, io.signal);
    // What is wrong with the list is said by whoever asks about its images.
    const isOver = new AbortController();
    const counting = countImages(settings.images, io, isOver.signal).then(tally.expect, () => undefined);
    const progress = startBatchProgress({ tally: tally.read, io, isQuiet: settings.isQuiet, now });
    try {
      await ask(settings, io, notices, { tally, stores, ending });
    } catch (error) {
      ending.error = error;
    } finally {
      isOver.abort();
      await counting;
      progress.stop();
      summarize(settings, io, notices, tally, ending);
    }
  } finally {
    await journal?.close();
  }
  return endBatch(settings, io, notices, tally, ending);
}

interface Running {
  readonly tally: Tally;
  readonly stores: Stores;
  readonly ending: Ending;
}

async function ask(settings: Settings, io: Io, notices: Notices, running: Running): Promise<void> {
  const { tally, stores, ending } = running;
  const effects = io.effects ?? systemEffects;
  ending.finish = io.finishFirst(() => notices.note('finishing what is begun; Ctrl-C again stops at once'));
  const listener = {
    ...listen(settings, notices, tally, effects.monotonicNow),
    onHalt: (cause: DescribeImageError) => {
      ending.cause = cause;
    },
  };
  const { question, batch } = settings;
  const keepsReplies = settings.format === 'raw';
  const options = { ...question, ...batch, signal: io.signal, finish: ending.finish, keepsReplies };
  const archive = archiveFor(settings, stores);
  const write = createWriter(settings, io);
  const images = tallied(findImages(settings, io, notices), tally);
  for await (const outcome of runBatch(effects, images, options, archive, listener)) {
    if (outcome.kind === 'failed') {
      ending.last = outcome.error;
      sayFailure(outcome.error, notices, settings.isDebug);
    }
    await write(outcome);
    say(outcome, settings, notices);
    if (io.stdout.isGone()) return;
  }
}

function say(outcome: Yielded, { isQuiet }: Settings, notices: Notices): void {
  if ('isCutOff' in outcome && outcome.isCutOff) sayCutOff(outcome.name, outcome.kind === 'kept', notices);
  if (outcome.kind === 'answered' && outcome.kept !== undefined && !isQuiet)
    notices.warning(
      `${outcome.name}: its answer could not be kept as it was to be, and is on standard output`,
    );
}

async function* tallied(images: AsyncIterable<Candidate>, tally: Tally): AsyncGenerator<Candidate> {
  for await (const image of images) {
    tally.found();
    yield image;
  }
  tally.complete();
}

async function pricesFor({ batch }: Settings, io: Io, nowMs: number): Promise<Prices> {
  const known = defaultPrices(new Date(nowMs));
  return batch.prices === undefined ? known : readPrices(batch.prices, known, io.signal);
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
