import type { BatchListener } from '../engine/batch-options.ts';
import type { Notices } from './notices.ts';
import { describeRetry, observe } from './observe.ts';
import type { Settings } from './settings.ts';
import type { Tally } from './tally.ts';

/**
 * What is said while a batch goes on: warnings, and that all wait because the server said so. Each attempt that failed is one
 * of many here, and is told with `--verbose`.
 */
export function listen(
  settings: Settings,
  notices: Notices,
  tally: Tally,
  monotonicNow: () => number,
): Omit<BatchListener, 'onHalt'> {
  const { onWarning, onReply } = observe(settings, notices);
  let saidUntilMs = Number.NEGATIVE_INFINITY;
  return {
    onWarning,
    onReply,
    onRetry: (notice, name) => {
      tally.retried();
      if (settings.isVerbose) notices.note(`${name}: ${describeRetry(notice)}`);
      // Once for a pause, however many requests it was said to.
      if (notice.status !== 429 || settings.isQuiet || monotonicNow() < saidUntilMs) return;
      saidUntilMs = monotonicNow() + notice.delayMs;
      notices.note(
        `the rate limit is reached; all wait until ${notice.resumesAt.toTimeString().slice(0, 8)}`,
      );
    },
    onLimit: ({ pausedUntilMs }) => tally.pausedUntil(pausedUntilMs),
    onOutcome: tally.add,
  };
}
