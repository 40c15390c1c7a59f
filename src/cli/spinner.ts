import type { Options, Ora } from 'ora';
import type { Io } from './io.ts';

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
