import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { answer, startRawServer } from '../../helpers/raw-server.ts';
import { startTls } from '../../helpers/tls.ts';
import { failureOf, fetchAll, redirect, serve } from '../../helpers/web.ts';

/** A proxy that answers for every host itself, by the absolute URL that it is asked for. */
async function startWeb(pages: Record<string, string>) {
  const log: string[] = [];
  const url = await serve(({ url: page = '', headers }, response) => {
    log.push(headers.authorization === undefined ? page : `${page} with a password`);
    const location = pages[page];
    if (location === undefined) response.end('picture');
    else redirect(response, location);
  });
  return { proxyFor: async () => url, log };
}

describe('through a proxy', () => {
  it('follows redirects to hosts that only the proxy knows, and gives the password to none of them', async () => {
    const { proxyFor, log } = await startWeb({
      'http://one.invalid/a': 'http://two.invalid:8080/b',
      'http://two.invalid:8080/b': 'http://one.invalid/c',
    });
    expect(String((await fetchAll('http://me:pw@one.invalid/a', { proxyFor })).bytes)).toBe('picture');
    expect(log).toEqual([
      'http://one.invalid/a with a password',
      'http://two.invalid:8080/b',
      'http://one.invalid/c with a password',
    ]);
  });

  it.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://localhost/',
    'http://intranet/',
    'http://a.internal/',
  ])('does not ask it for %s', async (location) => {
    const { proxyFor, log } = await startWeb({ 'http://one.invalid/': location });
    expect((await failureOf('http://one.invalid/', { proxyFor })).message).toContain('private network');
    expect(log).toEqual(['http://one.invalid/']);
  });

  it('asks for no other host because of how a path begins', async () => {
    const { proxyFor, log } = await startWeb({
      'http://one.invalid/': 'http://one.invalid//127.0.0.1/secret',
    });
    await fetchAll('http://one.invalid/', { proxyFor });
    expect(log.at(-1)).toBe('http://one.invalid//127.0.0.1/secret');
  });

  it('is asked anew for each host', async () => {
    const { proxyFor, log } = await startWeb({});
    const url = await serve((_, response) => redirect(response, 'http://two.invalid/'));
    const asked: string[] = [];
    const bySuffix = (to: URL) => {
      asked.push(to.host);
      return to.hostname.endsWith('.invalid') ? proxyFor() : Promise.resolve(undefined);
    };
    await fetchAll(url, { proxyFor: bySuffix });
    expect(asked).toEqual([new URL(url).host, 'two.invalid']);
    expect(log).toEqual(['http://two.invalid/']);
  });

  it('asks for user name and password where the proxy wants them', async () => {
    const url = await serve((_, response) => response.writeHead(407).end());
    const failure = await failureOf('http://one.invalid/', { proxyFor: async () => url });
    expect(failure.message).toContain(
      `the proxy ${new URL(url).host} requires a user name and password (HTTP 407)`,
    );
  });
});

describe('a tunnel', () => {
  it('leads to the server', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const port = await startTls(await serve((_, response) => response.end('picture')));
    const proxyFor = await startTunnels(port);
    expect(String((await fetchAll('https://one.invalid/', { proxyFor })).bytes)).toBe('picture');
  });

  it.each([
    [
      'HTTP/1.1 302 Found\r\nLocation: http://one.invalid/\r\nContent-Length: 0',
      /refused to connect to one\.invalid \(HTTP 302\)/,
    ],
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0', /refused to connect to one\.invalid \(HTTP 404\)/],
    ['HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0', /requires a user name and password/],
    ['HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0', /refused to connect to one\.invalid \(HTTP 502\)/],
    ['HTTP/1.1 204 No Content', /refused to connect to one\.invalid \(HTTP 204\)/],
  ])('that the proxy does not open is no answer of the server: %s', async (head, message) => {
    const proxy = await startRawServer(answer(`${head}\r\n\r\n`));
    const failure = await failureOf('https://one.invalid/', { proxyFor: async () => proxy.url });
    expect(failure.message).toMatch(message);
    expect(proxy.connections()).toBe(1);
  });

  it.each([['says nothing'], ['hangs up']])('fails where the proxy %s', async (how) => {
    let isOpen = false;
    const proxy = await startRawServer((socket) => {
      isOpen = true;
      socket.on('close', () => {
        isOpen = false;
      });
      socket.once('data', () => how === 'hangs up' && socket.end());
    });
    const failure = await failureOf('https://one.invalid/', {
      proxyFor: async () => proxy.url,
      ...(how === 'says nothing' && { timeoutMs: 200 }),
    });
    expect(failure.message).toMatch(
      how === 'hangs up' ? /the proxy sent an invalid response/ : /within 0.2 s/,
    );
    expect(failure).toMatchObject({ retryable: true });
    while (isOpen) await new Promise(setImmediate);
  });

  it('says through which proxy it failed, without its password', async () => {
    const failure = await failureOf('https://one.invalid/', {
      proxyFor: async () => 'http://me:hunter2@127.0.0.1:1',
    });
    expect(failure.message).toContain('connection refused (one.invalid through the proxy 127.0.0.1:1');
  });
});

/** A proxy whose tunnels all lead to one port of this machine. */
async function startTunnels(port: number) {
  const server = createServer().on('connect', (_request, socket) => {
    const behind = connect(port, '127.0.0.1');
    behind.on('error', () => socket.destroy());
    socket.on('error', () => behind.destroy());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return async () => `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
