import { DescribeImageError } from '../errors.ts';
import { flagName } from '../options/table.ts';
import { describeBug, exitCodeFor, exitCodes, outcomeForSignal } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';

/** Says what went wrong and returns the exit code for it. */
export function reportFailure(error: unknown, { signal }: Io, notices: Notices, isDebug: boolean): number {
  if (signal.aborted) return exitCodes[outcomeForSignal(signal.reason)].code;
  sayFailure(error, notices, isDebug);
  return exitCodeFor(error);
}

/** Says what went wrong, and what to do next. */
export function sayFailure(error: unknown, notices: Notices, isDebug: boolean): void {
  if (isDebug) for (const line of trace(error)) notices.note(line);
  if (error instanceof DescribeImageError) {
    const { message, hint } = error.say(flagName);
    notices.error(message, ...(hint === undefined ? [] : [hint]));
  } else notices.error(...describeBug(error));
}

/** Says that an answer was cut off, quiet or not: it is printed and kept, and the exit code tells. */
export function sayCutOff(image: string, isKept: boolean, notices: Notices): void {
  const what = isKept ? 'the kept answer' : 'the answer';
  notices.error(
    `${image}: ${what} was cut off at the token limit (MAX_TOKENS)`,
    `Raise ${flagName('maxOutputTokens')}, or ask for a shorter answer.`,
  );
}

/** Stack traces of an error and of what caused it, a line each. */
function trace(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const lines = (error.stack ?? error.message).split('\n');
  return error.cause === undefined ? lines : [...lines, 'caused by', ...trace(error.cause)];
}
