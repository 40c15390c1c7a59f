import { type BatchTally, formatProgress } from '../report/batch-progress.ts';
import { createSpinner, isWatched, type Screen } from './spinner.ts';

/** Calls `tick` every so many milliseconds until what it returns is called. */
export type Every = (intervalMs: number, tick: () => void) => () => void;

interface Watching {
  /** Where the batch stands now. */
  readonly tally: () => BatchTally;
  readonly io: Screen;
  readonly isQuiet: boolean;
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
  readonly every?: Every;
}

/** A few times a second is as fast as numbers can be read. */
const redrawMs = 250;

/** A log is read later: often enough to see where the time went. */
const logMs = 10_000;

/**
 * Tells on standard error where a batch stands, until it is stopped: at a terminal on a line that moves and leaves no trace,
 * in a log and in CI on a line of its own every 10 seconds in which something happened, when quiet not at all.
 */
export function startBatchProgress(watching: Watching): { readonly stop: () => void } {
  if (watching.isQuiet) return { stop: () => undefined };
  return isWatched(watching.io, false) ? draw(watching) : log(watching);
}

function draw({ tally, io, now = Date.now, every = systemEvery }: Watching): { readonly stop: () => void } {
  let stop: (() => void) | undefined;
  let isOver = false;
  const line = () => formatProgress(tally(), now(), roomIn(io.stderr.stream.columns));
  void createSpinner(io, { interval: redrawMs, text: '' }).then((spinner) => {
    if (isOver || spinner === undefined) return;
    spinner.text = line();
    spinner.start();
    const stopTicking = every(redrawMs, () => {
      spinner.text = line();
      spinner.render();
    });
    stop = () => {
      stopTicking();
      spinner.stop();
    };
  });
  return {
    stop: () => {
      isOver = true;
      stop?.();
    },
  };
}

/** Beside the spinner, a space, and the last column: some terminals wrap once that is written to. */
function roomIn(columns = 0): number {
  return columns - 3;
}

function log({ tally, io, now = Date.now, every = systemEvery }: Watching): { readonly stop: () => void } {
  let said = eventsOf(tally());
  let isWriting = false;
  const stop = every(logMs, () => {
    const current = tally();
    const events = eventsOf(current);
    // A reader that has stopped reading is not sent ever more.
    if (events === said || isWriting) return;
    said = events;
    isWriting = true;
    io.stderr
      .write(`describe-image: ${formatProgress(current, now(), Number.POSITIVE_INFINITY)}\n`)
      .catch(() => undefined)
      .finally(() => {
        isWriting = false;
      });
  });
  return { stop };
}

/** What differs once something has happened; time alone is no event. */
function eventsOf({
  total,
  found,
  answered,
  kept,
  failed,
  notTried,
  retries,
  pausedUntilMs,
}: BatchTally): string {
  return [total, found, answered, kept, failed, notTried, retries, pausedUntilMs].join();
}

function systemEvery(intervalMs: number, tick: () => void): () => void {
  const timer = setInterval(tick, intervalMs).unref();
  return () => clearInterval(timer);
}
