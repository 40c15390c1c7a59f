import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { run } from '../../src/engine/run.ts';
import { type Found, systemEffects } from '../../src/engine/tools.ts';
import { createTransport } from '../../src/http/exchange.ts';
import { describeImages } from '../../src/index.ts';
import type { Result } from '../../src/result.ts';
import { temporaryFile } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';
import { goodBody, http, startRawServer } from '../helpers/raw-server.ts';

const picture = fixture('images/rgb.png');
const reply = http('200 OK', ['Content-Type: application/json'], goodBody());

it('uses one connection for all requests that follow each other', async () => {
  const server = await startRawServer((socket) => onEachRequest(socket, () => socket.write(reply)));
  const outcomes = await batch(server.url, { count: 6 });
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('answered'));
  expect(server.connections()).toBe(1);
});

describe('a kept connection that is gone when it is used again', () => {
  it('costs one more request on a new connection, and is told', async () => {
    let requests = 0;
    const once = (socket: Socket) => {
      let count = 0;
      onEachRequest(socket, () => {
        requests += 1;
        count += 1;
        if (count === 1) socket.write(reply);
        else socket.resetAndDestroy();
      });
    };
    const server = await startRawServer(once);
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    const outcomes = await batch(server.url, { count: 3, onWarning });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('answered'));
    expect(warnings).toEqual(
      Array(2).fill(expect.stringContaining('connection was closed while idle, sent again')),
    );
    expect(outcomes[2]).toMatchObject({ warnings: [warnings[1]] });
    expect(requests).toBe(5);
    expect(server.connections()).toBe(3);
  });

  it('is not followed by another kept one, which will be gone too', async () => {
    const held: Socket[] = [];
    const server = await startRawServer((socket) => {
      let count = 0;
      onEachRequest(socket, () => {
        count += 1;
        if (count > 1) socket.resetAndDestroy();
        else if (held.push(socket) >= 3) for (const one of held.splice(0)) one.write(reply);
        // Three are kept, and then each new one is answered.
        if (held.length > 0 && server.connections() > 3) held.pop()?.write(reply);
      });
    });
    const outcomes = await batch(server.url, { count: 4, concurrency: 3 });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(4).fill('answered'));
    expect(server.connections()).toBe(4);
  });

  it('is no failure where the server hangs up after each answer', async () => {
    const server = await startRawServer((socket) =>
      onEachRequest(socket, () => socket.write(reply, () => socket.end())),
    );
    const outcomes = await batch(server.url, { count: 8 });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(8).fill('answered'));
  });

  it.each([
    ['reset at once', 0, (socket: Socket) => socket.resetAndDestroy(), 3],
    ['closed in time', 100, (socket: Socket) => socket.end(), 3],
    ['closed too late', 101, (socket: Socket) => socket.end(), 2],
    ['reset too late', 5000, (socket: Socket) => socket.resetAndDestroy(), 2],
    ['within a status line', 1, (socket: Socket) => socket.end('HTTP/1.1 2'), 2],
    ['after one byte', 1, (socket: Socket) => socket.end('H'), 2],
    ['after a provisional answer', 1, (socket: Socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\n'), 2],
    ['after garbage', 1, (socket: Socket) => socket.end('\u0016\u0003\u0001\r\n\r\n'), 2],
  ])(
    '%s: sent again only in the first 100 ms, before any byte of an answer',
    async (_, afterMs, lose, sent) => {
      let nowMs = 0;
      let requests = 0;
      const server = await startRawServer((socket) =>
        onEachRequest(socket, () => {
          requests += 1;
          if (requests === 2) {
            nowMs += afterMs;
            lose(socket);
          } else socket.write(reply);
        }),
      );
      const kinds = (await batch(server.url, { count: 2, now: () => nowMs })).map(({ outcome }) => outcome);
      expect(kinds).toEqual(['answered', sent === 3 ? 'answered' : 'failed']);
      expect(requests).toBe(sent);
    },
  );

  it('is an ordinary failed attempt the second time that it befalls one image', async () => {
    let requests = 0;
    const server = await startRawServer((socket) =>
      onEachRequest(socket, () => {
        requests += 1;
        // The image meets a lost connection, then a busy server, then, on the connection of that, a loss again.
        if (requests === 1) socket.write(reply);
        else if (requests === 3) socket.write(http('503 Busy', ['Retry-After: 0']));
        else socket.resetAndDestroy();
      }),
    );
    const [, last] = await batch(server.url, { count: 2, retries: 1 });
    expect(last).toMatchObject({ outcome: 'failed', error: { kind: 'network', name: 'NetworkError' } });
    expect(requests).toBe(4);
  });

  it('takes the time that is left of the attempt, and its place among the requests of a minute', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    let nowMs = 0;
    const startsMs: number[] = [];
    const left = () => timers.mock.calls.find(([, delayMs]) => delayMs === 54_321 - 60);
    const server = await startRawServer((socket) =>
      onEachRequest(socket, () => {
        startsMs.push(nowMs);
        if (startsMs.length === 1) socket.write(reply);
        if (startsMs.length === 2) {
          nowMs += 60;
          socket.resetAndDestroy();
        }
        // The third is left without an answer until the time that is left is up.
        if (startsMs.length === 3) left()?.[0]();
      }),
    );
    const [, last] = await batch(server.url, {
      count: 2,
      timeoutMs: 54_321,
      requestsPerMinute: 60,
      now: () => nowMs,
      sleep: async (delayMs) => {
        nowMs += delayMs;
      },
    });
    expect(last).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } });
    expect(startsMs).toEqual([0, 1000, 2000]);
  });
});

it('does not use a connection again on which a request was answered before its end', async () => {
  const large = temporaryFile('large.png', Buffer.concat([readFileSync(picture), Buffer.alloc(20_000_000)]));
  let receivedBytes = 0;
  let first: Socket | undefined;
  const server = await startRawServer(
    (socket) => {
      first = socket;
      socket.once('data', () => {
        socket.pause();
        socket.write(reply);
      });
    },
    (socket) => onEachRequest(socket, () => socket.write(reply)),
  );
  const options = { apiKey: 'test-key', baseUrl: server.url, concurrency: 1, retries: 0 };
  const results = describeImages([large, picture], options);
  expect((await results.next()).value).toMatchObject({ text: 'A sunset.' });
  // The server reads on: a client that still used the connection would send all the rest.
  first?.on('data', ({ length }) => {
    receivedBytes += length;
  });
  const closed = new Promise((resolve) => first?.once('close', resolve));
  expect((await results.next()).value).toMatchObject({ text: 'A sunset.' });
  first?.resume();
  await closed;
  expect(server.connections()).toBe(2);
  expect(receivedBytes).toBeLessThan(20_000_000);
  await results.next();
});

interface BatchSettings {
  readonly count: number;
  readonly retries?: number;
  readonly timeoutMs?: number;
  readonly requestsPerMinute?: number;
  readonly concurrency?: number;
  readonly now?: () => number;
  readonly sleep?: (delayMs: number) => Promise<void>;
  readonly onWarning?: (warning: string) => void;
}

/** Asks about a picture so many times, one after the other, by a clock that stands still unless a test moves it. */
async function batch(baseUrl: string, settings: BatchSettings): Promise<Result[]> {
  const { count, now = () => 0, sleep = systemEffects.sleep, onWarning, ...more } = settings;
  const effects = { ...systemEffects, transport: createTransport(now), monotonicNow: now, sleep };
  const options = { apiKey: 'test-key', baseUrl, concurrency: 1, retries: 0, ...more };
  const outcomes: Result[] = [];
  const given = { options: { ...options, onWarning }, effects, isSeveral: true };
  for await (const { result } of run(candidates(count), given)) outcomes.push(result);
  return outcomes;
}

async function* candidates(count: number): AsyncGenerator<Found> {
  for (let number = 0; number < count; number += 1) yield { name: `${number}`, inputs: [picture] };
}

/** Calls back once the whole of a request is here, again and again. */
function onEachRequest(socket: Socket, answer: () => unknown): void {
  let waiting = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    const end = waiting.indexOf('\r\n\r\n');
    const length = Number(
      /content-length: (\d+)/i.exec(waiting.toString('latin1', 0, end))?.[1] ?? Number.NaN,
    );
    if (end < 0 || waiting.length < end + 4 + length) return;
    waiting = waiting.subarray(end + 4 + length);
    answer();
  });
}
