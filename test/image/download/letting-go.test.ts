import { getEventListeners, once } from 'node:events';
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { AbortedError } from '../../../src/errors.ts';
import { startRawServer } from '../../helpers/raw-server.ts';
import type { Handler } from '../../helpers/web.ts';
import { begin, failureOf, fetchAll, readAll, redirect, serve } from '../../helpers/web.ts';

const picture = Buffer.alloc(300_000, 'picture');

/** A server that begins an answer and never ends it; `closed` resolves when its connection is over. */
async function serveEndless() {
  let tell: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const url = await serve((_, response) => {
    response.on('close', tell);
    response.write(picture);
  });
  return { url, closed };
}

it('lets go where nobody ever reads', async () => {
  const { url, closed } = await serveEndless();
  const { chunks } = await begin(url);
  const iterator = chunks[Symbol.asyncIterator]();
  await iterator.return?.();
  await closed;
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

it('lets go when the time is up, though nobody reads', async () => {
  const { url, closed } = await serveEndless();
  const { chunks } = await begin(url, { timeoutMs: 100 });
  await closed;
  await expect(readAll(chunks)).rejects.toThrow('x: not downloaded within 0.1 s');
});

it('lets go while the next piece is waited for', async () => {
  const { url, closed } = await serveEndless();
  const { chunks } = await begin(url);
  const iterator = chunks[Symbol.asyncIterator]();
  for (let bytes = 0; bytes < picture.length; ) bytes += (await iterator.next()).value.length;
  const next = iterator.next();
  const refused = expect(next).rejects.toThrow(AbortedError);
  await iterator.return?.();
  await refused;
  await closed;
});

it('closes the connection of what is compressed as well', async () => {
  let closed: Promise<unknown> | undefined;
  const packed = gzipSync(Buffer.alloc(1_000_000));
  const url = await serve((_, response) => {
    closed = once(response, 'close');
    response.setHeader('content-encoding', 'gzip');
    response.write(packed.subarray(0, -10));
  });
  const { chunks } = await begin(url);
  for await (const _ of chunks) break;
  await closed;
});

it('closes the connection of a redirect, whatever its body is', async () => {
  let closed: Promise<unknown> | undefined;
  const url = await serve((request, response) => {
    if (request.url === '/image') {
      response.end(picture);
      return;
    }
    closed = once(response, 'close');
    response.writeHead(302, { location: '/image' });
    const more = (): void => {
      while (!response.destroyed && response.write(picture));
      response.once('drain', more);
    };
    more();
  });
  const { chunks } = await begin(url);
  await closed;
  expect((await readAll(chunks)).length).toBe(picture.length);
});

it('hands out nothing once it is aborted, though all of it is here', async () => {
  let closed: Promise<unknown> | undefined;
  const server = await startRawServer((socket) => {
    closed = once(socket, 'close');
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'));
  });
  const controller = new AbortController();
  const { chunks } = await begin(server.url, { signal: controller.signal });
  await closed;
  controller.abort();
  await expect(readAll(chunks)).rejects.toThrow(AbortedError);
});

it('is aborted in every phase, and takes its ears off the signal', async () => {
  const phases: Record<string, (abort: () => void) => Promise<unknown>> = {
    'while the proxy is looked for': (abort) => {
      const proxyFor = () => {
        abort();
        return new Promise<undefined>(() => undefined);
      };
      return fetchAll('http://127.0.0.1:1', { proxyFor, signal });
    },
    'after a redirect': async (abort) => {
      const url = await serve((request, response) => {
        if (request.url === '/') redirect(response, '/image');
        else abort();
      });
      return fetchAll(url, { signal });
    },
    'before the first piece is read': async (abort) => {
      const { chunks } = await begin((await serveEndless()).url, { signal });
      abort();
      return readAll(chunks);
    },
    'between two pieces': async (abort) => {
      const { chunks } = await begin((await serveEndless()).url, { signal });
      for await (const _ of chunks) abort();
    },
    'while a silent proxy is waited for': async (abort) => {
      const silent = await startRawServer((socket) => socket.once('data', abort));
      return fetchAll('https://photos.example', { proxyFor: async () => silent.url, signal });
    },
  };
  let { signal } = new AbortController();
  for (const [phase, run] of Object.entries(phases)) {
    const controller = new AbortController();
    signal = controller.signal;
    await expect(
      run(() => controller.abort()),
      phase,
    ).rejects.toThrow(AbortedError);
    expect(getEventListeners(signal, 'abort'), phase).toEqual([]);
  }
});

it.runIf(process.platform === 'linux')('leaves no connection and no timer, whatever happens', async () => {
  const handler: Handler = (request, response) => {
    if (request.url === '/redirect') redirect(response, '/image');
    else if (request.url === '/loop') redirect(response, '/loop');
    else if (request.url === '/gone') response.writeHead(404).end(picture);
    else if (request.url === '/cut')
      response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy());
    else if (request.url === '/endless') response.write(picture);
    else response.end(picture);
  };
  const url = await serve(handler);
  const { signal } = new AbortController();
  const run = async () => {
    await fetchAll(`${url}/redirect`, { signal });
    for (const path of ['loop', 'gone', 'cut']) await failureOf(`${url}/${path}`, { signal });
    await failureOf(`${url}/image`, { signal, maxBytes: 1000 });
    await failureOf(`${url}/endless`, { signal, maxBytes: 1000 });
    const { chunks } = await begin(`${url}/endless`, { signal });
    for await (const _ of chunks) break;
    await (await begin(`${url}/endless`, { signal })).chunks[Symbol.asyncIterator]().return?.();
    await failureOf('http://127.0.0.1:1', { signal });
  };
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const [timersBefore, openBefore] = [timers(), openFiles()];
  for (let round = 0; round < 3; round += 1) await run();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  // The server closes its ends a moment later.
  while (openFiles() > openBefore || timers() > timersBefore) await new Promise(setImmediate);
});
