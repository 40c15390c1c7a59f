import { AbortedError, ImageError } from '../../errors.ts';

interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for work until the time is over or the signal is raised; the work is told by a signal of its own and may be slow
 * to end. Throws an `ImageError` or an `AbortedError` then.
 */
export async function withinLimits<T>(
  work: (stop: AbortSignal) => Promise<T>,
  { timeoutMs, signal }: Limits,
): Promise<T> {
  if (signal?.aborted) throw new AbortedError('aborted', { cause: signal.reason });
  const stop = new AbortController();
  let abort: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    abort = () => reject(new AbortedError('aborted', { cause: signal?.reason }));
    timer = setTimeout(() => reject(tooSlow(timeoutMs)), timeoutMs);
  });
  signal?.addEventListener('abort', abort);
  try {
    return await Promise.race([work(stop.signal), limit]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    stop.abort();
  }
}

/** Says that decoding took longer than it may. */
export function tooSlow(timeoutMs: number): ImageError {
  return new ImageError(`not decoded within ${timeoutMs / 1000} s`, {
    hint: 'Save it again as a smaller or simpler image.',
  });
}
