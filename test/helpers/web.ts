import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { ImageError } from '../../src/errors.ts';
import { type DownloadOptions, download } from '../../src/image/download.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts an HTTP server on this machine; returns its URL, without a slash at the end. */
export async function serve(handler: Handler, host = '127.0.0.1'): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : '';
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function redirect(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { location }).end();
}

/** Begins to download "x" with limits that no test meets by chance. */
export function begin(url: string, options: Partial<DownloadOptions> = {}) {
  return download(new URL(url), 'x', { timeoutMs: 60_000, maxBytes: 100_000_000, ...options });
}

export async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

export async function fetchAll(url: string, options: Partial<DownloadOptions> = {}) {
  const { contentType, chunks } = await begin(url, options);
  return { contentType, bytes: await readAll(chunks) };
}

export async function failureOf(url: string, options: Partial<DownloadOptions> = {}): Promise<ImageError> {
  const failure = await fetchAll(url, options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ImageError);
  return failure as ImageError;
}
