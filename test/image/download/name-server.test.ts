import { type LookupAddress, lookup } from 'node:dns';
import { expect, it, vi } from 'vitest';
import { failureOf, redirect, serve } from '../../helpers/web.ts';

/** A name server that says what a test wants, in place of the system's. */
vi.mock('node:dns', async (original) => ({ ...(await original<object>()), lookup: vi.fn() }));

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
