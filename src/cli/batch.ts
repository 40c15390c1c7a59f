import { existsSync } from 'node:fs';
import { collect } from '../batch/collect.ts';
import type { Journal } from '../batch/journal.ts';
import type { Candidate } from '../batch/outcome.ts';
import { runBatch } from '../batch/run.ts';
import { checkFolders } from '../batch/sidecar.ts';
import { systemEffects } from '../describe.ts';
import { defaults } from '../describe-options.ts';
import type { DescribeImageError } from '../errors.ts';
import { defaultPrices, type Prices } from '../output/prices.ts';
import { formatSummary } from '../output/summary.ts';
import { listen } from './batch-listener.ts';
import { archiveFor, createWriter } from './batch-output.ts';
import { startBatchProgress } from './batch-progress.ts';
import { countImages } from './count-images.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodeFor, sayFailure } from './failure.ts';
import { openImages, wordsOf } from './images.ts';
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
  const ending: Ending = {};
  try {
    await checkSidecars(settings, io);
    if (settings.isDryRun) {
      const { forecast } = await import('./batch-dry-run.ts');
      const images = candidates(settings, io, notices, tally);
      return await forecast(images, archiveFor(settings, journal), settings, io, notices, prices);
    }
    // What is wrong with the list is said by whoever asks about its images.
    const isOver = new AbortController();
    const counting = countImages(settings.images, io, isOver.signal).then(tally.expect, () => undefined);
    const progress = startBatchProgress({ tally: tally.read, io, isQuiet: settings.isQuiet, now });
    try {
      await ask(settings, io, notices, { tally, journal, ending });
    } finally {
      isOver.abort();
      await counting;
      progress.stop();
      summarize(settings, io, notices, tally, ending);
    }
  } finally {
    await journal?.close();
  }
  return exitCodeOf(tally, ending, settings, notices);
}

/** Why a batch ended, where it did not come to its end. */
interface Ending {
  /** What every further image would have met. */
  cause?: DescribeImageError;
  /** Whether a person asked for it. */
  finish?: AbortSignal;
  last?: DescribeImageError;
}

interface Running {
  readonly tally: Tally;
  readonly journal: Journal | undefined;
  readonly ending: Ending;
}

async function ask(settings: Settings, io: Io, notices: Notices, running: Running): Promise<void> {
  const { tally, journal, ending } = running;
  const effects = io.effects ?? systemEffects;
  ending.finish = io.finishFirst(() => notices.note('finishing what is begun; Ctrl-C again stops at once'));
  const listener = {
    ...listen(settings, notices, tally, effects.now),
    onHalt: (cause: DescribeImageError) => {
      ending.cause = cause;
    },
  };
  const options = { ...settings.question, ...settings.batch, signal: io.signal, finish: ending.finish };
  const archive = archiveFor(settings, journal);
  const write = createWriter(settings, io);
  const images = candidates(settings, io, notices, tally);
  for await (const outcome of runBatch(effects, images, options, archive, listener)) {
    if (outcome.kind === 'failed') {
      ending.last = outcome.error;
      sayFailure(outcome.error, notices, settings.isDebug);
    }
    await write(outcome);
    if (io.stdout.isGone()) return;
  }
}

async function* candidates(
  { images, question, isQuiet }: Settings,
  io: Io,
  notices: Notices,
  tally: Tally,
): AsyncGenerator<Candidate> {
  const skip = (name: string) => isQuiet || notices.warning(leftOut(name));
  for await (const candidate of collect(openImages(images, io, question, skip), images.isRecursive)) {
    tally.found();
    yield candidate;
  }
  tally.complete();
}

/** Git quotes names that are not plain, unless it ends them with NUL. */
function leftOut(name: string): string {
  const isQuoted = /^".*"$/s.test(name);
  return `${name}: not an image, left out${isQuoted ? '; git writes names as they are with -z, read by -0' : ''}`;
}

async function pricesFor({ batch }: Settings, io: Io, nowMs: number): Promise<Prices> {
  const known = defaultPrices(new Date(nowMs));
  return batch.prices === undefined ? known : readPrices(batch.prices, known, io.signal);
}

async function journalFor({ batch, isDryRun }: Settings, io: Io): Promise<Journal | undefined> {
  // A dry run leaves nothing behind.
  if (batch.output === undefined || (isDryRun && !existsSync(batch.output))) return undefined;
  const { openJournal } = await import('../batch/journal.ts');
  const { overwrite } = batch;
  const owner = await io.owner();
  return openJournal(batch.output, { overwrite, isReadOnly: isDryRun, owner, isAlive: io.isAlive });
}

/** What cannot be written is known before the first request. */
async function checkSidecars(
  { batch: { sidecar: extension, overwrite }, images }: Settings,
  io: Io,
): Promise<void> {
  if (extension === undefined) return;
  await checkFolders(collect(wordsOf(images, io), images.isRecursive), { extension, overwrite }, io.signal);
}

/** Tells what became of all, also where something broke on the way; who ends the program at once reads no more. */
function summarize(settings: Settings, io: Io, notices: Notices, tally: Tally, ending: Ending): void {
  tally.giveUp();
  if (io.signal.aborted || !wantsSummary(settings, io, tally, ending)) return;
  const { now } = io.effects ?? systemEffects;
  const [counts = '', ...more] = summaryOf(tally, settings, now());
  notices.note(counts, ...more.map((line) => line.trim()), ...keptFiles(tally, settings));
}

/** Who only wants answers on standard output gets nothing else, as from any filter. */
function wantsSummary(
  { batch, isQuiet, isVerbose, showsUsage }: Settings,
  io: Io,
  tally: Tally,
  ending: Ending,
): boolean {
  if (isQuiet) return false;
  const { failed, notTried } = tally.read();
  const isKept = batch.output !== undefined || batch.sidecar !== undefined;
  const isTold = isKept || isVerbose || showsUsage || io.stderr.isTerminal;
  // One that failed has had its say.
  const isPartial = ending.cause !== undefined || (tally.count() > 1 && failed + notTried > 0);
  return isTold || isPartial;
}

/** They hold what was answered then, perhaps to another question. */
function keptFiles(tally: Tally, { batch }: Settings): string[] {
  const isDoubtful = batch.sidecar !== undefined && batch.output === undefined && tally.read().kept > 0;
  return isDoubtful ? ['files that were there are kept as they are; --overwrite asks anew'] : [];
}

/** Images whose failures have not scrolled away when the batch is over. */
const mostInSight = 20;

function summaryOf(tally: Tally, { question }: Settings, nowMs: number): string[] {
  const { startedMs } = tally.read();
  return formatSummary({
    tally: tally.read(),
    // Of few images the failures are still in sight.
    failures: tally.count() > mostInSight ? tally.failures : undefined,
    model: question.model ?? defaults.model,
    elapsedMs: nowMs - startedMs,
    cost: tally.cost(),
  });
}

/** A single image that failed ends as if it had been named alone. */
function exitCodeOf(
  tally: Tally,
  { cause, finish, last }: Ending,
  settings: Settings,
  notices: Notices,
): number {
  const { failed } = tally.read();
  if (cause !== undefined) {
    sayFailure(cause, notices, settings.isDebug);
    return exitCodeFor(cause);
  }
  if (finish?.aborted) return exitCodes.interrupted.code;
  if (tally.count() === 0 && !settings.isQuiet) notices.warning('no images in the list');
  if (failed === 0) return exitCodes.answered.code;
  return tally.count() === 1 && last !== undefined ? exitCodeFor(last) : exitCodes.someFailed.code;
}
