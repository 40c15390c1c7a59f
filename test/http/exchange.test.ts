import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { createTransport, type Reply, readWhole, type TransportOptions } from '../../src/http/exchange.ts';
import { keepConnections } from '../../src/http/proxy.ts';
import { http, startRawServer } from '../helpers/raw-server.ts';

const timeoutMs = 54_321;
/** By a clock that stands still. */
const transport = createTransport(() => 0);
const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const chunk = (bytes: string | Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')]);

/** Posts one byte to a server that does something with each connection. */
async function post(behave: (socket: Socket) => void, options: Partial<TransportOptions> = {}) {
  const server = await startRawServer((socket) => socket.once('data', () => behave(socket)));
  const agent = options.agent;
  const target = { url: new URL(server.url), headers: { 'content-length': '1' } };
  async function* chunks() {
    yield 'x';
  }
  const send = () => transport(target, { length: 1, chunks }, { timeoutMs, agent, ...options });
  return { server, send, reply: await send() };
}

/** Lets the time of the request pass. */
function passTheTime(): void {
  const calls = vi.mocked(setTimeout).mock.calls as [expire: () => void, delayMs: number][];
  calls.findLast(([, delayMs]) => delayMs === timeoutMs)?.[0]();
}

async function next(reply: Reply, pieces = reply.body[Symbol.asyncIterator]()): Promise<string> {
  return String(Buffer.from((await pieces.next()).value ?? ''));
}

describe('the body of a reply', () => {
  it('is handed on piece by piece, before the server has sent the rest', async () => {
    let socket: Socket | undefined;
    const { reply } = await post((own) => {
      socket = own;
      own.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    });
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } });
    const pieces = reply.body[Symbol.asyncIterator]();
    for (const text of ['data: one', 'data: two']) {
      socket?.write(chunk(text));
      expect(await next(reply, pieces)).toBe(text);
    }
    socket?.write('0\r\n\r\n');
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it('is decompressed on the way', async () => {
    const { reply } = await post((socket) =>
      socket.write(http('200 OK', ['Content-Encoding: gzip'], gzipSync('a text'))),
    );
    expect(String((await readWhole(reply)).body)).toBe('a text');
  });

  it.each([
    ['is cut off', (socket: Socket) => socket.end(), { code: 'ECONNRESET', retryable: true }],
    ['is reset', (socket: Socket) => socket.resetAndDestroy(), { code: 'ECONNRESET', retryable: true }],
    ['takes too long', passTheTime, { code: 'TIMEOUT', retryable: true }],
  ])('that %s is a failure of the network', async (_, then, failure) => {
    vi.spyOn(globalThis, 'setTimeout');
    let socket: Socket | undefined;
    const { reply } = await post((own) => {
      socket = own;
      own.write(`${head}Content-Length: 100\r\n\r\nstart`);
    });
    const pieces = reply.body[Symbol.asyncIterator]();
    expect(await next(reply, pieces)).toBe('start');
    if (socket) then(socket);
    await expect(pieces.next()).rejects.toMatchObject({ kind: 'network', ...failure });
  });

  it('ends with the signal of whoever asked, and its reason', async () => {
    const caller = new AbortController();
    const { reply } = await post((socket) => socket.write(`${head}Content-Length: 100\r\n\r\nstart`), {
      signal: caller.signal,
    });
    caller.abort('enough');
    await expect(readWhole(reply)).rejects.toMatchObject({ kind: 'aborted', cause: 'enough' });
  });

  it('that is here and was not read in time is not taken for whole', async () => {
    vi.spyOn(globalThis, 'setTimeout');
    const { reply } = await post((socket) => socket.write(http('200 OK', [], 'all of it')));
    passTheTime();
    await expect(readWhole(reply)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a kept connection', () => {
  const answer = http('200 OK', [], 'an answer');

  it('is used again once the reply is read to its end', async () => {
    const agent = await keepConnections(new URL('http://127.0.0.1'), undefined);
    const { server, send, reply } = await post(
      (socket) => {
        socket.on('data', () => socket.write(answer));
        socket.write(answer);
      },
      { agent },
    );
    await readWhole(reply);
    expect(String((await readWhole(await send())).body)).toBe('an answer');
    expect(server.connections()).toBe(1);
    agent.destroy();
  });

  it('is closed where the reply is not read to its end', async () => {
    const agent = await keepConnections(new URL('http://127.0.0.1'), undefined);
    let closed: Promise<unknown> | undefined;
    const { server, send, reply } = await post(
      (socket) => {
        if (closed !== undefined) return void socket.write(answer);
        closed = new Promise((resolve) => socket.once('close', resolve));
        // Of what is here whole, newer versions of Node keep the connection, which is as good.
        socket.write(`${head}Content-Length: 100\r\n\r\nstart`);
      },
      { agent },
    );
    for await (const _ of reply.body) break;
    await closed;
    await readWhole(await send());
    expect(server.connections()).toBe(2);
    agent.destroy();
  });
});
