import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AbortedError, ImageError } from '../../src/errors.ts';
import { nextUrl } from '../../src/image/download/redirect.ts';
import { type DownloadOptions, download } from '../../src/image/download.ts';
import { answer, answerAndStay, http, startRawServer } from '../helpers/raw-server.ts';

const picture = Buffer.alloc(300_000, 'picture');

describe('a download', () => {
  it('is the bytes at the address, and what the server calls them', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-type', 'Image/PNG; charset=binary');
      response.end(picture);
    });
    const seen: [number, number | undefined][] = [];
    const onDownload = (received: number, total: number | undefined) => seen.push([received, total]);
    const { contentType, bytes } = await fetch(url, { onDownload });
    expect(contentType).toBe('image/png');
    expect(bytes.equals(picture)).toBe(true);
    expect(seen.at(-1)).toEqual([picture.length, picture.length]);
  });

  it('asks for images, uncompressed, and says who asks', async () => {
    let headers: IncomingMessage['headers'] = {};
    const url = await serve((request, response) => {
      headers = request.headers;
      response.end(picture);
    });
    await fetch(`${url}?size=large#top`);
    expect(headers).toMatchObject({ accept: 'image/*, */*;q=0.5', 'accept-encoding': 'identity' });
    expect(headers['user-agent']).toMatch(/^describe-image/);
  });

  it.each([
    ['gzip', gzipSync(picture)],
    ['br', brotliCompressSync(picture)],
  ])('that comes as %s all the same is unpacked', async (encoding, body) => {
    const url = await serve((_, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(body);
    });
    expect((await fetch(url)).bytes.equals(picture)).toBe(true);
  });

  it('sends a user name and password to the server they were typed for, and to no other', async () => {
    const seen: (string | undefined)[] = [];
    const handler: Handler = (request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/first') redirect(response, '/second');
      else response.end(picture);
    };
    const url = new URL(await serve(handler, '/first'));
    url.username = 'jane';
    url.password = 'secret';
    await fetch(url.href);
    const credential = `Basic ${Buffer.from('jane:secret').toString('base64')}`;
    expect(seen).toEqual([credential, credential]);
    expect(nextUrl(url, 'http://other.example/', url).href).toBe('http://other.example/');
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('are followed: %i', async (status) => {
    const url = await serve((request, response) => {
      if (request.url === '/photos/1') redirect(response, '../image?name=1', status);
      else response.end(request.url);
    }, '/photos/1');
    expect(String((await fetch(url)).bytes)).toBe('/image?name=1');
  });

  it('are followed five times, and not six', async () => {
    const url = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) redirect(response, `/${left - 1}`);
      else response.end(picture);
    }, '');
    expect((await fetch(`${url}/5`)).bytes.length).toBe(picture.length);
    expect(await failureOf(`${url}/6`)).toMatchObject({ message: 'x: more than 5 redirects' });
  });

  it.each([
    ['http://127.0.0.1:1/a.png', 'to 127.0.0.1:1, which is on a private network'],
    ['http://localhost:1/a.png', 'to localhost:1, which is on a private network'],
    ['http://[::1]/a.png', 'to [::1], which is on a private network'],
    ['http://0x7f.1/a.png', 'to 127.0.0.1, which is on a private network'],
    ['http://2130706433/', 'to 127.0.0.1, which is on a private network'],
    ['http://169.254.169.254/latest/meta-data', 'to 169.254.169.254, which is on a private network'],
    ['http://[::ffff:10.0.0.1]/', 'to [::ffff:a00:1], which is on a private network'],
    ['file:///etc/passwd', 'to file:'],
    ['data:image/png;base64,AAAA', 'to data:'],
    ['http://', 'to no valid address'],
  ])('to %s are not followed', async (location, where) => {
    const url = await serve((_, response) => redirect(response, location));
    expect(await failureOf(url)).toMatchObject({
      message: `x: a redirect ${where} is not followed`,
      retryable: false,
    });
  });

  it('never go from https to http, and may go to any public host', () => {
    const typed = new URL('https://photos.example/a.png');
    expect(() => nextUrl(typed, 'http://photos.example/a.png', typed)).toThrow(
      'a redirect from https to http',
    );
    expect(nextUrl(typed, 'https://cdn.example/a.png', typed).href).toBe('https://cdn.example/a.png');
    expect(nextUrl(typed, 'https://93.184.215.14/', typed).href).toBe('https://93.184.215.14/');
  });

  it('without an address say so', async () => {
    const url = await serve((_, response) => response.writeHead(302).end());
    expect(await failureOf(url)).toMatchObject({ message: 'x: the server does not send it (HTTP 302)' });
  });
});

describe('an image that cannot be downloaded', () => {
  it.each([
    [404, 'the server has no such image (HTTP 404)', false],
    [410, 'the server has no such image any more (HTTP 410)', false],
    [403, 'the server does not let it be read (HTTP 403)', false],
    [429, 'the server is asked too often (HTTP 429)', true],
    [503, 'the server failed (HTTP 503)', true],
    [204, 'the server does not send it (HTTP 204)', false],
    [206, 'the server does not send it (HTTP 206)', false],
  ])('is told with its status: %i', async (status, message, retryable) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    expect(await failureOf(url)).toMatchObject({ message: `x: ${message}`, retryable });
  });

  it('is refused before it is read where the server says that it is too large', async () => {
    let isClosed: Promise<unknown> | undefined;
    const url = await serve((_, response) => {
      isClosed = new Promise((resolve) => response.on('close', resolve));
      response.setHeader('content-length', 1e12);
      response.write('x');
    });
    expect(await failureOf(url, { mostBytes: 1_000_000 })).toMatchObject({
      message: 'x: larger than 1,000,000 bytes',
    });
    await isClosed;
  });

  it('is read no further where it is too large without saying so', async () => {
    let isClosed: Promise<unknown> | undefined;
    const url = await serve((_, response) => {
      isClosed = new Promise((resolve) => response.on('close', resolve));
      const more = (): void => {
        while (!response.destroyed && response.write(picture));
        response.once('drain', more);
      };
      more();
    });
    expect(await failureOf(url, { mostBytes: 1_000_000 })).toMatchObject({
      message: 'x: larger than 1,000,000 bytes',
    });
    await isClosed;
  });

  it('is counted as it unfolds', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(20_000_000)));
    });
    expect(await failureOf(url, { mostBytes: 1_000_000 })).toMatchObject({
      message: 'x: larger than 1,000,000 bytes',
    });
  });

  it.each([
    ['before its head is over', 'HTTP/1.1 200 OK\r\nContent-'],
    ['in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc'],
  ])('is told to be broken where the connection ends %s', async (_, text) => {
    const server = await startRawServer(answer(text));
    expect(await failureOf(server.url)).toMatchObject({
      message: expect.stringMatching(/^x: /),
      retryable: true,
    });
  });

  it('is told where nobody answers', async () => {
    const url = await serve(() => undefined);
    const server = servers.at(-1);
    await new Promise((resolve) => server?.close(resolve));
    const failure = await failureOf(url);
    expect(failure).toMatchObject({ retryable: true });
    expect(failure.message).toMatch(/^x: cannot be downloaded: nobody answers at the server \(127/);
    expect(failure.hint).toBe('Check the address and the network connection.');
  });

  it('is told where no HTTP is spoken', async () => {
    const server = await startRawServer(answer('220 mail.example ESMTP\r\n'));
    expect((await failureOf(server.url)).message).toContain('the server does not speak HTTP');
  });

  it.each([
    ['says nothing', answerAndStay('')],
    ['stops in the middle', answerAndStay('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc')],
  ])('is given up after a time where the server %s', async (_, behaviour) => {
    const server = await startRawServer(behaviour);
    expect(await failureOf(server.url, { timeoutMs: 50 })).toMatchObject({
      message: 'x: not downloaded within 0.05 s',
      retryable: true,
    });
  });
});

describe('the signal', () => {
  it('ends it before, while waiting and while reading', async () => {
    await expect(fetch('http://127.0.0.1:1', { signal: AbortSignal.abort() })).rejects.toThrow(AbortedError);
    const waiting = new AbortController();
    const silent = await serve(() => waiting.abort());
    await expect(fetch(silent, { signal: waiting.signal })).rejects.toThrow(AbortedError);
    const reading = new AbortController();
    const endless = await startRawServer(answerAndStay(http('200 OK', [], 'abc').subarray(0, -1)));
    const onDownload = () => reading.abort();
    await expect(fetch(endless.url, { signal: reading.signal, onDownload })).rejects.toThrow(AbortedError);
  });
});

it('closes the connection when the reader leaves early', async () => {
  let isClosed: Promise<unknown> | undefined;
  const url = await serve((_, response) => {
    isClosed = new Promise((resolve) => response.on('close', resolve));
    response.write(picture);
  });
  const { chunks } = await download(new URL(url), 'x', defaults);
  for await (const _ of chunks) break;
  await isClosed;
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
const defaults = { timeoutMs: 60_000, mostBytes: 100_000_000 };

async function serve(handler: Handler, path = '/a.png'): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}${path}`;
}

function redirect(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { location }).end();
}

async function fetch(url: string, options: Partial<DownloadOptions> = {}) {
  const { contentType, chunks } = await download(new URL(url), 'x', { ...defaults, ...options });
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return { contentType, bytes: Buffer.concat(pieces) };
}

async function failureOf(url: string, options: Partial<DownloadOptions> = {}): Promise<ImageError> {
  const failure = await fetch(url, options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ImageError);
  return failure as ImageError;
}
