import { once } from 'node:events';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answer, http, startRawServer } from '../../helpers/raw-server.ts';
import { begin, failureOf, fetchAll, readAll, redirect, serve } from '../../helpers/web.ts';

const picture = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * index) % 251));
const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;

/** Node 20.19.1 and older read nothing after an announced length where the connection ends; what was announced is whole. */
const ignoresExcess = Number.parseInt(process.versions.llhttp ?? '', 10) < 9;

describe('an answer that is no whole image', () => {
  const gzip = gzipSync(picture);
  const brotli = brotliCompressSync(picture);
  const damage = (bytes: Buffer) => bytes.map((byte, index) => (index === 40 ? byte ^ 0xff : byte));

  it.each<[string, (string | Uint8Array)[], RegExp, boolean]>([
    ...(ignoresExcess
      ? []
      : ([
          [
            'has more than it announced',
            [head('Content-Length: 3', 'Connection: close'), 'abcdef'],
            /more bytes than/,
            true,
          ],
        ] satisfies [string, string[], RegExp, boolean][])),
    [
      'has more than it announced in gzip',
      [head('Content-Encoding: gzip', 'Content-Length: 3'), gzip],
      /more bytes than/,
      true,
    ],
    ['has more than it announced and stays', [head('Content-Length: 3'), 'abcdef'], /more bytes than/, true],
    ['has 0 bytes', [head('Content-Length: 0')], /^x: empty, the server sent 0 bytes$/, false],
    ['has nothing until the connection ends', [head()], /^x: empty/, false],
    [
      'is cut off in gzip',
      [http('200 OK', ['Content-Encoding: gzip'], gzip.subarray(0, -20))],
      /cut off/,
      true,
    ],
    [
      'is cut off in Brotli',
      [http('200 OK', ['Content-Encoding: br'], brotli.subarray(0, -20))],
      /cut off/,
      true,
    ],
    ['is damaged in gzip', [http('200 OK', ['Content-Encoding: gzip'], damage(gzip))], /damaged/, true],
    ['is no Brotli', [http('200 OK', ['Content-Encoding: br'], Buffer.alloc(100, 0xff))], /damaged/, true],
    [
      'is in LZW',
      [http('200 OK', ['Content-Encoding: x-compress'], 'x')],
      /Content-Encoding \(x-compress\)$/,
      false,
    ],
    [
      'is in a dictionary',
      [http('200 OK', ['Content-Encoding: dcz, br'], 'x')],
      /Content-Encoding \(dcz\)$/,
      false,
    ],
    [
      'has two lengths',
      [head('Content-Length: 3', 'Transfer-Encoding: chunked'), 'abc'],
      /does not speak HTTP/,
      false,
    ],
    ['has a length below zero', [head('Content-Length: -1'), 'abc'], /does not speak HTTP/, false],
    [
      'has a chunk of no size',
      [head('Transfer-Encoding: chunked'), '3\r\nabc\r\nfoo\r\n'],
      /does not speak HTTP/,
      false,
    ],
    [
      'has endless headers',
      [head(`X-A: ${'a'.repeat(100_000)}`)],
      /headers of the answer are too large/,
      false,
    ],
    [
      'changes the protocol',
      ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nabc'],
      /HTTP 101/,
      false,
    ],
  ])('is refused where it %s', async (_, pieces, message, retryable) => {
    const server = await startRawServer(answer(Buffer.concat(pieces.map((piece) => Buffer.from(piece)))));
    const failure = await failureOf(server.url);
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ retryable, image: 'x', hint: expect.any(String) });
    expect(failure.hint).not.toContain('baseUrl');
  });

  it('is told even where it broke before anybody read it', async () => {
    let closed: Promise<unknown> | undefined;
    const server = await startRawServer((socket) => {
      closed = once(socket, 'close');
      socket.resume().end(`${head('Content-Length: 100')}abc`);
    });
    const { chunks } = await begin(server.url);
    await closed;
    await expect(readAll(chunks)).rejects.toThrow(
      /^x: cannot be downloaded: the server closed the connection/,
    );
  });
});

it('is whole with its last byte, whatever happens to the connection then', async () => {
  const open = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const openBefore = open();
  let reset: () => void = () => undefined;
  const server = await startRawServer((socket) => {
    reset = () => socket.resetAndDestroy();
    socket.once('data', () => socket.write(`${head('Content-Length: 3')}abc`));
  });
  const { chunks } = await begin(server.url);
  reset();
  while (open() > openBefore) await new Promise(setImmediate);
  expect(String(await readAll(chunks))).toBe('abc');
});

it.each([
  ['deflate', deflateSync(picture)],
  ['X-GZIP', gzipSync(picture)],
  ['deflate', deflateRawSync(picture)],
  ['gzip, br', brotliCompressSync(gzipSync(picture))],
  ['br, deflate', deflateRawSync(brotliCompressSync(picture))],
  ['identity, gzip', gzipSync(picture)],
  ['identity', picture],
  ['', picture],
  ['none', picture],
  ['chunked', picture],
  ['utf-8, aws-chunked', picture],
])('unpacks what comes as "%s"', async (encoding, body) => {
  const server = await startRawServer(answer(http('200 OK', [`Content-Encoding: ${encoding}`], body)));
  expect((await fetchAll(server.url)).bytes.equals(picture)).toBe(true);
});

it('takes what has no length, and what a proxy changed on its way', async () => {
  const server = await startRawServer(answer(head(), picture));
  expect((await fetchAll(server.url)).bytes.equals(picture)).toBe(true);
  const changed = await startRawServer(answer(http('203 Non-Authoritative Information', [], picture)));
  expect((await fetchAll(changed.url)).bytes.equals(picture)).toBe(true);
});

it.each([
  ['image/png', 'image/png'],
  [' IMAGE/Svg+Xml ;a=b', 'image/svg+xml'],
  ['image/png, text/html', 'image/png'],
  ['', undefined],
  ['nonsense', undefined],
  ['image/\u00e9', undefined],
  [`image/${'x'.repeat(1000)}`, undefined],
])('hands back the type "%s" as %s', async (claimed, contentType) => {
  const server = await startRawServer(answer(http('200 OK', [`Content-Type: ${claimed}`], picture)));
  expect((await fetchAll(server.url)).contentType).toBe(contentType);
});

it('gives up what drips', async () => {
  const server = await startRawServer((socket) => {
    const drip = () => {
      if (!socket.destroyed) socket.write('x', () => setImmediate(drip));
    };
    socket.write(head(), drip);
  });
  expect(await failureOf(server.url, { timeoutMs: 100 })).toMatchObject({
    message: 'x: not downloaded within 0.1 s',
    hint: 'Raise `timeoutMs`, or try again later.',
  });
});

it.each([
  [404, {}, { retryable: false, retryAfterMs: undefined }],
  [403, { 'retry-after': '5' }, { retryable: false, retryAfterMs: undefined }],
  [425, {}, { retryable: true, retryAfterMs: undefined }],
  [429, { 'retry-after': '2.5' }, { retryable: true, retryAfterMs: 3000 }],
  [503, { 'retry-after': '7' }, { retryable: true, retryAfterMs: 7000 }],
  [522, { 'retry-after': '2020-01-01' }, { retryable: true, retryAfterMs: undefined }],
  [529, {}, { retryable: true, retryAfterMs: undefined }],
])('tells whether HTTP %d with %j passes, and when', async (status, headers, expected) => {
  const url = await serve((_, response) => response.writeHead(status, headers).end(picture));
  const failure = await failureOf(url);
  expect(failure).toMatchObject(expected);
  expect(failure.message).toContain(`(HTTP ${status})`);
});

describe('a URL with a password', () => {
  it('may have a percent sign in it', async () => {
    let authorization: string | undefined;
    const url = await serve((request, response) => {
      authorization = request.headers.authorization;
      response.end(picture);
    });
    await fetchAll(url.replace('://', '://jane:50%@'));
    expect(authorization).toBe(`Basic ${Buffer.from('jane:50%').toString('base64')}`);
  });

  it('never shows it', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/away') redirect(response, 'ftp://elsewhere.example/');
      else if (request.url === '/cut') response.writeHead(200, { 'content-length': 5 }).write('x');
      else response.writeHead(403).end();
      if (request.url === '/cut') setImmediate(() => response.destroy());
    });
    const withPassword = url.replace('://', '://jane:hunter2@');
    for (const failing of [`${withPassword}/`, `${withPassword}/away`, `${withPassword}/cut`])
      expect(inspect(await failureOf(failing), { depth: 9 })).not.toContain('hunter2');
    const closed = 'http://jane:hunter2@127.0.0.1:1/';
    expect(inspect(await failureOf(closed), { depth: 9 })).not.toContain('hunter2');
  });
});

it('leaves an error of the caller as it is, and closes the connection', async () => {
  const mistake = new TypeError('not mine');
  const url = await serve((_, response) => response.write(picture));
  const onDownload = () => {
    throw mistake;
  };
  await expect(fetchAll(url, { onDownload })).rejects.toBe(mistake);
});

it('refuses what is not on the web', async () => {
  expect((await failureOf('file:///etc/passwd')).message).toBe('x: file: is not http: or https:');
});
