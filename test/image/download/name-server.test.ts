import { type LookupAddress, lookup } from 'node:dns';
import { expect, it, vi } from 'vitest';
import { isSpecialAddress } from '../../../src/http/private-address.ts';
import { failureOf, fetchAll, redirect, serve } from '../../helpers/web.ts';

/** A name server that says what a test wants, in place of the system's. */
vi.mock('node:dns', async (original) => ({ ...(await original<object>()), lookup: vi.fn() }));

vi.mock('../../../src/http/private-address.ts', async (original) => {
  const real = await original<{ isSpecialAddress: typeof isSpecialAddress }>();
  return { ...real, isSpecialAddress: vi.fn(real.isSpecialAddress) };
});

const answers = (...found: LookupAddress[]) =>
  vi
    .mocked(lookup)
    .mockImplementation(((_: string, __: object, tell: (...words: unknown[]) => void) =>
      tell(null, found)) as typeof lookup);

it.each([
  [[{ address: '127.0.0.1', family: 4 }]],
  [[{ address: '::ffff:127.0.0.1', family: 6 }]],
  [
    [
      { address: '93.184.215.14', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ],
  ],
])('a redirect to a name that means %j is not followed', async (found) => {
  answers(...found);
  const requests: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    requests.push(request.url);
    redirect(response, `http://photos.example:${new URL(url).port}/secret`);
  });
  const failure = await failureOf(url);
  expect(failure.message).toMatch(/redirect to photos\.example:\d+, which is on a private network/);
  expect(requests).toEqual(['/']);
});

it.each([
  ['public', 'not followed'],
  ['private', 'followed'],
])('a redirect back to a named host, now private, that was %s before is %s', async (before, then) => {
  // For the first request the system looks the name up; for the second, this name server.
  answers({ address: '127.0.0.1', family: 4 });
  if (before === 'public') vi.mocked(isSpecialAddress).mockReturnValueOnce(false);
  const requests: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    requests.push(request.url);
    if (request.url === '/') redirect(response, '/secret');
    else response.end('picture');
  });
  const named = url.replace('127.0.0.1', 'localhost');
  if (then === 'followed') {
    expect(String((await fetchAll(named)).bytes)).toBe('picture');
    return;
  }
  expect((await failureOf(named)).message).toMatch(
    /redirect to localhost:\d+, which is on a private network/,
  );
  expect(requests).toEqual(['/']);
});
