import { expect, it } from 'vitest';
import { retryAfterMs } from '../../src/http/retry-after.ts';

const nowMs = Date.UTC(2031, 4, 6, 7, 8, 9);

it.each([
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
])('reads %s', (text, waitMs) => {
  expect(retryAfterMs({ 'retry-after': text }, nowMs)).toBe(waitMs);
});

it.each([
  ...['', ' ', '-1', '+1', '1e3', '0x10', '1,5', '10, 10', '1.', '.5', '1.2.3', 'soon', 'NaN', 'Infinity'],
  ...['99999999999', '9'.repeat(400)],
  // What `Date.parse` takes, and HTTP does not.
  ...['2031-05-06T07:08:39Z', '2031/05', 'May 6, 2031', '6 May 2031 07:08:39 GMT', '06 May 2031'],
  ...['Tue, 06 May 2031 07:08:39', 'Tue, 06 May 2031 07:08:39 +0000', 'Tue, 06 May 2031 07:08:39 EST'],
  ...['Tue, 6 May 2031 07:08:39 GMT', 'tue, 06 may 2031 07:08:39 gmt', ' Tue, 06 May 31 07:08:39 GMT'],
  ...['Sun, 30 Feb 2031 07:08:39 GMT', 'Tue, 06 May 2031 24:08:39 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'],
])('takes "%s" for nothing', (text) => {
  expect(retryAfterMs({ 'retry-after': text }, nowMs)).toBeUndefined();
});

it('compares a date with the clock of the server, where that tells', () => {
  const until = 'Tue, 06 May 2031 09:00:05 GMT';
  const wait = (date: string) => retryAfterMs({ 'retry-after': until, date }, nowMs);
  expect(wait('Tue, 06 May 2031 09:00:00 GMT')).toBe(5000);
  expect(wait('yesterday')).toBe(Date.UTC(2031, 4, 6, 9, 0, 5) - nowMs);
});
