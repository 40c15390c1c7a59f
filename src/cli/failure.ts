import { DescribeImageError, UsageError } from '../errors.ts';
import { describeBug } from './bug.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { asFlags } from './flags.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';

/** Says what went wrong and returns the exit code for it. */
export function reportFailure(error: unknown, { signal }: Io, notices: Notices, isDebug: boolean): number {
  if (signal.aborted) return exitCodes[signal.reason === 'SIGTERM' ? 'terminated' : 'interrupted'].code;
  sayFailure(error, notices, isDebug);
  return exitCodeFor(error);
}

/** The exit code for what went wrong. */
export function exitCodeFor(error: unknown): number {
  return error instanceof DescribeImageError ? exitCodeOf(error.kind) : exitCodes.bug.code;
}

/** Says what went wrong, and what to do next. */
export function sayFailure(error: unknown, notices: Notices, isDebug: boolean): void {
  if (isDebug) for (const line of trace(error)) notices.note(line);
  if (error instanceof DescribeImageError) {
    const message = error instanceof UsageError ? asFlags(error.message) : error.message;
    notices.error(message, ...(error.hint === undefined ? [] : [asFlags(error.hint)]));
  } else notices.error(...describeBug(error));
}

/** Stack traces of an error and of what caused it, a line each. */
function trace(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const lines = (error.stack ?? error.message).split('\n');
  return error.cause === undefined ? lines : [...lines, 'caused by', ...trace(error.cause)];
}
