import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { describeAll } from '../../src/index.ts';
import { fixture } from '../helpers/fixtures.ts';
import { goodBody, http, startRawServer } from '../helpers/raw-server.ts';

const picture = fixture('images/rgb.png');
const reply = http('200 OK', ['Content-Type: application/json'], goodBody());

it('uses one connection for all requests that follow each other', async () => {
  const server = await startRawServer((socket) => onEachRequest(socket, () => socket.write(reply)));
  expect(await ask(server.url, 6)).toEqual(Array.from({ length: 6 }, () => 'A sunset.'));
  expect(server.connections()).toBe(1);
});

it('opens another connection, without a word, where the server closed a kept one', async () => {
  const once = (socket: Socket) => {
    let count = 0;
    onEachRequest(socket, () => {
      count += 1;
      if (count === 1) socket.write(reply);
      else socket.resetAndDestroy();
    });
  };
  const server = await startRawServer(once);
  const retries: string[] = [];
  expect(await ask(server.url, 3, (reason) => retries.push(reason))).toEqual([
    'A sunset.',
    'A sunset.',
    'A sunset.',
  ]);
  expect(retries).toEqual([]);
  expect(server.connections()).toBe(3);
});

async function ask(baseUrl: string, count: number, onRetry?: (reason: string) => void): Promise<string[]> {
  const texts: string[] = [];
  const images = Array.from({ length: count }, () => picture);
  const options = {
    apiKey: 'test-key',
    baseUrl,
    concurrency: 1,
    onRetry: ({ reason }: { reason: string }) => onRetry?.(reason),
  };
  for await (const each of describeAll(images, options))
    texts.push('error' in each ? each.error.message : each.text);
  return texts;
}

/** Calls back once the whole of a request is here, again and again. */
function onEachRequest(socket: Socket, answer: () => void): void {
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
