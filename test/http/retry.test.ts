import { expect, it } from 'vitest';
import {
  AbortedError,
  ApiError,
  CredentialError,
  ImageError,
  NetworkError,
  NoAnswerError,
} from '../../src/errors.ts';
import { retryDelayMs } from '../../src/http/retry.ts';

const settings = { retries: 3, maxWaitMs: 60_000 };
const unavailable = new ApiError('unavailable', { status: 503, retryable: true });

it('waits longer after each attempt, with full jitter', () => {
  expect([1, 2, 3].map((attempt) => retryDelayMs(unavailable, attempt, settings, 1))).toEqual([
    1000, 2000, 4000,
  ]);
  expect([1, 2, 3].map((attempt) => retryDelayMs(unavailable, attempt, settings, 0.25))).toEqual([
    250, 500, 1000,
  ]);
});

it('ends after the last attempt', () => {
  expect(retryDelayMs(unavailable, 4, settings, 1)).toBeUndefined();
  expect(retryDelayMs(unavailable, 1, { ...settings, retries: 0 }, 1)).toBeUndefined();
});

it('never waits longer than allowed', () => {
  expect(retryDelayMs(unavailable, 30, { retries: 100, maxWaitMs: 5000 }, 1)).toBe(5000);
});

it('does as the server says, and gives up where that is too long', () => {
  const asked = (retryAfterMs: number) =>
    new ApiError('busy', { status: 429, retryable: true, retryAfterMs });
  expect(retryDelayMs(asked(45_837.9), 1, settings, 1)).toBe(45_837.9);
  expect(retryDelayMs(asked(0), 1, settings, 1)).toBe(0);
  expect(retryDelayMs(asked(60_001), 1, settings, 1)).toBeUndefined();
});

it.each([
  new NetworkError('reset', { code: 'ECONNRESET', retryable: true }),
  new NoAnswerError('empty', { reason: 'STOP', retryable: true }),
])('tries again after $name', (failure) => {
  expect(retryDelayMs(failure, 1, settings, 1)).toBe(1000);
});

it.each([
  new ApiError('bad request', { status: 400, retryable: false }),
  new NetworkError('certificate', { code: 'CERT_HAS_EXPIRED', retryable: false }),
  new NoAnswerError('blocked', { reason: 'SAFETY', retryable: false }),
  new CredentialError('refused'),
  new ImageError('gone'),
  new AbortedError('aborted'),
  new TypeError('a bug'),
])('does not try again after $name: $message', (failure) => {
  expect(retryDelayMs(failure, 1, settings, 1)).toBeUndefined();
});
