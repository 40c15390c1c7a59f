import { AbortedError, ApiError } from '../errors.ts';
import { IdleCloseError, type RequestBody, type Transport, type TransportOptions } from '../http/exchange.ts';
import { type RetrySettings, retryDelayMs } from '../http/retry.ts';
import type { Answer, HttpReply, RetryNotice } from '../types.ts';
import { type Endpoint, requestHeaders } from './endpoint.ts';
import { redact } from './redact.ts';
import { readReply } from './reply.ts';

/** What is not pure, handed in: the network, randomness and waiting. */
export interface Effects {
  readonly transport: Transport;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** The time in milliseconds since 1970, to be shown; somebody may set it back at any moment. */
  readonly now: () => number;
  /** Milliseconds since some moment, by a clock that nobody sets: what spans of time are measured with. */
  readonly monotonicNow: () => number;
  /** Resolves after so many milliseconds, or rejects when the signal is raised. */
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface AttemptOptions extends RetrySettings {
  /** Not repeated in what is told. */
  readonly apiKey: string;
  /** Told before each wait. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GenerateOptions extends TransportOptions, AttemptOptions {
  /** Told of each reply as it came, error or not. */
  readonly onReply?: ((reply: HttpReply) => void) | undefined;
  /** Told where the request is sent again as its connection had been closed while idle; that is no attempt of its own. */
  readonly onSentAgain?: (() => void) | undefined;
}

/** Asks until there is an answer or trying again makes no sense; then throws the last failure. */
export async function generate(
  endpoint: Endpoint,
  body: RequestBody,
  options: GenerateOptions,
  effects: Effects,
): Promise<Answer> {
  const target = { url: endpoint.url, headers: requestHeaders(endpoint, body.length) };
  let mayResume = true;
  const send = async () => {
    try {
      return await effects.transport(target, body, options);
    } catch (failure) {
      if (!mayResume || !(failure instanceof IdleCloseError)) throw failure;
      mayResume = false;
      options.onSentAgain?.();
      return effects.transport(target, body, { ...options, resumes: failure });
    }
  };
  const attempt = async () => {
    const reply = await send();
    options.onReply?.(reply);
    return readReply(reply, options.apiKey);
  };
  return withRetries(attempt, options, effects);
}

/** Does something until it succeeds or trying again makes no sense; then throws the last failure. */
export async function withRetries<T>(
  work: () => Promise<T>,
  options: AttemptOptions,
  { random, now, sleep }: Omit<Effects, 'transport'>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (failure) {
      const delayMs = retryDelayMs(failure, attempt, options, random());
      if (delayMs === undefined) throw failure;
      const reason = redact(failure instanceof Error ? failure.message : String(failure), options.apiKey);
      const resumesAt = new Date(now() + delayMs);
      const status = failure instanceof ApiError ? failure.status : undefined;
      options.onRetry?.({ reason, status, attempt, attempts: options.retries + 1, delayMs, resumesAt });
      await sleep(delayMs, options.signal);
    }
  }
}

/** Waits by the clock. Throws an `AbortedError` when the signal is raised first. */
export function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AbortedError('aborted', { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
