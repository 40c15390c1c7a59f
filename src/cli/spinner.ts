import type { Options, Ora } from 'ora';
import { redact } from '../api/redact.ts';
import { printableLine } from '../printable.ts';
import { byteSize } from '../report/figures.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';

/** Standard error, and what the environment says about it. */
export type Screen = Pick<Io, 'stderr' | 'environment'>;

/** Whether a person looks on at a line that moves: at a terminal, not in CI, not told to be quiet. */
export function isWatched({ environment: { CI, TERM }, stderr }: Screen, isQuiet: boolean): boolean {
  if (!stderr.isTerminal || isQuiet || CI || TERM === 'dumb') return false;
  // A terminal that does not know its width cannot be drawn on.
  return (stderr.stream.columns ?? 0) > 0;
}

/** Makes a spinner that is yet to be started; undefined where it cannot be loaded, which is no reason to fail. */
export async function createSpinner(
  { stderr }: Screen,
  options: Pick<Options, 'text' | 'suffixText' | 'interval'>,
): Promise<Ora | undefined> {
  const ora = await import('ora').catch(() => undefined);
  return ora?.default({
    stream: stderr.stream,
    isEnabled: true,
    discardStdin: false,
    // Nobody has to bring the cursor back after Ctrl-Z or kill -9.
    hideCursor: false,
    // Colours are for errors and warnings.
    color: false,
    ...options,
  });
}

/** A line that moves while a person waits, and leaves no trace. */
export interface Progress {
  readonly onDownload: (receivedBytes: number, totalBytes: number | undefined) => void;
  readonly onUpload: (sentBytes: number, totalBytes: number) => void;
  readonly stop: () => void;
}

/** Below this an upload is over before anybody could read about it. */
const largeUploadBytes = 1_000_000;

/** The request goes out first: loading a spinner takes longer than many an answer. */
const patienceMs = 100;

/** Shows a spinner where a person looks on: at a terminal, not in CI, not told to be quiet. */
export function startProgress(label: string, settings: Settings, io: Io): Progress {
  if (!isWatched(io, settings.isQuiet)) return unseen;
  return startSpinner(printableLine(redact(label, settings.question.apiKey)), io);
}

const nothing = () => undefined;
const unseen: Progress = { onDownload: nothing, onUpload: nothing, stop: nothing };

function startSpinner(name: string, io: Io): Progress {
  const startedMs = Date.now();
  let doing = 'waiting';
  let spinner: { stop: () => unknown } | undefined;
  let isOver = false;
  const timer = setTimeout(async () => {
    const suffixText = () => `${doing}, ${Math.round((Date.now() - startedMs) / 1000)} s`;
    const created = await createSpinner(io, { text: `${name}:`, suffixText });
    if (!isOver) spinner = created?.start();
  }, patienceMs);
  return {
    onDownload: (receivedBytes, totalBytes) => {
      const total = totalBytes === undefined ? '' : ` of ${byteSize(totalBytes)}`;
      doing = `downloaded ${byteSize(receivedBytes)}${total}`;
    },
    onUpload: (sentBytes, totalBytes) => {
      const isLarge = totalBytes >= largeUploadBytes && sentBytes < totalBytes;
      doing = isLarge ? `sent ${byteSize(sentBytes)} of ${byteSize(totalBytes)}` : 'waiting';
    },
    stop: () => {
      isOver = true;
      clearTimeout(timer);
      spinner?.stop();
    },
  };
}
