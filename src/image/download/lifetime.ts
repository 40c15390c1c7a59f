import { AbortedError } from '../../errors.ts';
import { timedOut } from './failure.ts';

/** How long everything that belongs to one download may live. */
export interface Lifetime {
  /** Aborted when the download is over, for whatever reason; everything that is open closes then. */
  readonly signal: AbortSignal;
  /** Ends it; of several reasons, the first counts. */
  readonly end: (reason?: unknown) => void;
}

/** Starts a lifetime that ends by itself when the time is up or the caller's signal is raised. */
export function startLifetime(options: {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}): Lifetime {
  const { timeoutMs, signal } = options;
  const controller = new AbortController();
  const end = (reason: unknown = new AbortedError('aborted')) => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    controller.abort(reason);
  };
  const abort = () => end(new AbortedError('aborted', { cause: signal?.reason }));
  const timer = setTimeout(() => end(timedOut(timeoutMs)), timeoutMs);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  return { signal: controller.signal, end };
}

/** Waits for what cannot be stopped, but no longer than the signal lets it. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
