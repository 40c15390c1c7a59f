import { redact } from '../api/redact.ts';
import { printableLine } from '../printable.ts';
import { byteSize } from '../report/numbers.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';
import { createSpinner, isWatched } from './spinner.ts';

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
