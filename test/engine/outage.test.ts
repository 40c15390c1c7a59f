import { expect, it } from 'vitest';
import { createOutage } from '../../src/engine/outage.ts';
import { ApiError, ImageError, NetworkError } from '../../src/errors.ts';
import { eachRow } from '../helpers/rows.ts';

const lost = (code: string) => new NetworkError('lost', { code, retryable: true, hint: 'Look.' });
const fail = (outage = createOutage(), codes: readonly string[] = []) =>
  codes.map((code) => outage.failed(lost(code)));

it.each([
  ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'PROXY'],
  ['ENETUNREACH', 'EAI_AGAIN', 'CERT_HAS_EXPIRED', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ENETDOWN'],
])('is told at the fifth image in a row that finds no network: %s …', (...codes) => {
  const told = fail(createOutage(), codes);
  expect(told.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
  expect(told[4]).toBeInstanceOf(NetworkError);
  expect(told[4]).toMatchObject({
    kind: 'network',
    hint: 'Look.',
    message: expect.stringContaining('5 images'),
  });
});

it('is over where a connection came about', () =>
  eachRow(['ECONNRESET', 'TIMEOUT', 'Z_BUF_ERROR'], (code) => {
    const outage = createOutage();
    const codes = [...Array(4).fill('ENOTFOUND'), code, ...Array(4).fill('ENOTFOUND')];
    expect(fail(outage, codes)).toEqual(Array(9).fill(undefined));
  }));

it('is over where the API answers', () => {
  const outage = createOutage();
  fail(outage, Array(4).fill('ENOTFOUND'));
  outage.reached();
  expect(fail(outage, Array(4).fill('ENOTFOUND'))).toEqual(Array(4).fill(undefined));
});

it('goes on where an image fails for another reason in between', () => {
  const outage = createOutage();
  fail(outage, Array(4).fill('ENOTFOUND'));
  expect(outage.failed(new ImageError('damaged'))).toBeUndefined();
  expect(outage.failed(new ApiError('x', { status: 500, retryable: true }))).toBeUndefined();
  expect(fail(outage, ['ENOTFOUND'])[0]).toBeInstanceOf(NetworkError);
});
