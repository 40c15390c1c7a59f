import { createHash } from 'node:crypto';
import type { JournalOptions } from '../../src/store/journal.ts';
import type { Machine } from '../../src/store/lock-owner.ts';

/** A machine of which nothing is known but that it started long ago. */
export const unknownMachine: Machine = {
  boot: () => undefined,
  namespace: () => undefined,
  startTicks: () => undefined,
  bootedAtMs: () => Number.NEGATIVE_INFINITY,
  isInAnother: () => undefined,
};

/** This process, opening a journal on a machine where it alone is alive. */
export const thisRun: JournalOptions = {
  overwrite: false,
  owner: { pid: process.pid, host: 'desk', startedAt: new Date(performance.timeOrigin) },
  isAlive: (pid) => pid === process.pid,
  machine: unknownMachine,
};

/** The key of something, made as real ones are. */
export function keyOf(what: string | number): string {
  return createHash('sha256').update(String(what)).digest('hex');
}

/** An answer, in more than one script. */
export function answerOf(image: string, text = 'Mäuse 🐁 на\n"と"') {
  return { key: keyOf(image), image, text };
}

/** Records as the lines of a file. */
export function linesOf(...records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
