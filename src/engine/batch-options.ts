import type { DescribeOptions } from '../describe-options.ts';
import type { DescribeImageError } from '../errors.ts';
import type { HttpReply, RetryNotice } from '../types.ts';
import type { LimiterState } from './limiter.ts';
import type { Outcome } from './outcome.ts';

export interface BatchOptions extends DescribeOptions {
  /** Requests at once, at most; 4 unless given. */
  readonly concurrency?: number | undefined;
  /** At most so many requests a minute. */
  readonly requestsPerMinute?: number | undefined;
  /** Whether the first failure ends the batch. */
  readonly failFast?: boolean | undefined;
  /** Whether answers are handed on with the replies that they were read from. */
  readonly keepsReplies?: boolean | undefined;
  /** Once it is raised, nothing new is asked, and what is in flight is finished. */
  readonly finish?: AbortSignal | undefined;
}

/** Told while the batch goes on. */
export interface BatchListener {
  readonly onWarning?: ((warning: string, isCutOff: boolean) => void) | undefined;
  readonly onRetry?: ((notice: RetryNotice, name: string) => void) | undefined;
  readonly onReply?: ((reply: HttpReply) => void) | undefined;
  readonly onLimit?: ((state: LimiterState) => void) | undefined;
  readonly onUpload?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Told as soon as it is known what became of an image, which need not be in order. */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined;
  /** The batch goes no further, since all that follow would fail in the same way. */
  readonly onHalt?: ((cause: DescribeImageError) => void) | undefined;
}
