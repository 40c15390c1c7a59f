import { expect, it } from 'vitest';
import {
  AbortedError,
  ApiError,
  CredentialError,
  ImageError,
  NetworkError,
  NoAnswerError,
} from '../../src/errors.ts';
import { retryAfterMs, retryDelayMs } from '../../src/http/retry.ts';

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

const nowMs = Date.UTC(2031, 4, 6, 7, 8, 9);

it('reads seconds and the three forms of a date in Retry-After', () => {
  const waits = [
    ['0', 0],
    ['12', 12_000],
    ['0.2', 1000],
    ['12.000', 12_000],
    ['299.01', 300_000],
    ['Tue, 06 May 2031 07:08:39 GMT', 30_000],
    ['Tuesday, 06-May-31 07:08:39 GMT', 30_000],
    ['Tue May  6 07:08:39 2031', 30_000],
    ['Tue, 06 May 2031 07:08:60 GMT', 51_000],
    // In the past: a year of two digits is never more than 50 years ahead.
    ['Wednesday, 06-May-81 07:08:10 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
  ] as const;
  expect(waits.map(([text]) => [text, retryAfterMs({ 'retry-after': text }, nowMs)])).toEqual(waits);
});

it('takes anything else in Retry-After for nothing', () => {
  const texts = [
    ...['', ' ', '-1', '+1', '1e3', '0x10', '1,5', '10, 10', '1.', '.5', '1.2.3', 'soon', 'NaN', 'Infinity'],
    ...['99999999999', '9'.repeat(400)],
    // What `Date.parse` takes, and HTTP does not.
    ...['2031-05-06T07:08:39Z', '2031/05', 'May 6, 2031', '6 May 2031 07:08:39 GMT', '06 May 2031'],
    ...['Tue, 06 May 2031 07:08:39', 'Tue, 06 May 2031 07:08:39 +0000', 'Tue, 06 May 2031 07:08:39 EST'],
    ...['Tue, 6 May 2031 07:08:39 GMT', 'tue, 06 may 2031 07:08:39 gmt', ' Tue, 06 May 31 07:08:39 GMT'],
    ...['Sun, 30 Feb 2031 07:08:39 GMT', 'Tue, 06 May 2031 24:08:39 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ];
  expect(texts.filter((text) => retryAfterMs({ 'retry-after': text }, nowMs) !== undefined)).toEqual([]);
});

it('compares a date with the clock of the server, where that tells', () => {
  const until = 'Tue, 06 May 2031 09:00:05 GMT';
  const wait = (date: string) => retryAfterMs({ 'retry-after': until, date }, nowMs);
  expect(wait('Tue, 06 May 2031 09:00:00 GMT')).toBe(5000);
  expect(wait('yesterday')).toBe(Date.UTC(2031, 4, 6, 9, 0, 5) - nowMs);
});
