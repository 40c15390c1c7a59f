import { DescribeImageError, UsageError } from '../errors.ts';
import { describeBug } from './bug.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { asFlags } from './flags.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';

/** Says what went wrong and returns the exit code for it. */
export function reportFailure(error: unknown, { signal }: Io, notices: Notices, isDebug: boolean): number {
  if (signal.aborted) return exitCodes[signal.reason === 'SIGTERM' ? 'terminated' : 'interrupted'].code;
  if (isDebug) for (const line of trace(error)) notices.note(line);
  if (error instanceof DescribeImageError) {
    const message = error instanceof UsageError ? asFlags(error.message) : error.message;
    notices.error(message, ...(error.hint === undefined ? [] : [asFlags(error.hint)]));
    return exitCodeOf(error.kind);
  }
  notices.error(...describeBug(error));
  return exitCodes.bug.code;
}

/** Stack traces of an error and of what caused it, a line each. */
function trace(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const lines = (error.stack ?? error.message).split('\n');
  return error.cause === undefined ? lines : [...lines, 'caused by', ...trace(error.cause)];
}
