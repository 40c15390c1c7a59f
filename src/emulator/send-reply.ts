import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { CannedReply } from './emulator.ts';

/** The status that a reply puts on the wire; 0 where it puts none there. */
export function statusOf({ status = 200, cut, hang }: CannedReply): number {
  return hang || cut === 'before-headers' || cut === 'in-headers' ? 0 : status;
}

/**
 * Writes a reply, or as much of it as is to arrive.
 *
 * @param pause waits between two pieces
 */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: CannedReply,
  pause: () => Promise<unknown> = setImmediate,
): Promise<void> {
  const { socket } = request;
  if (reply.hang || socket.destroyed) return;
  if (reply.cut === 'before-headers') {
    socket.destroy();
  } else if (reply.isEarly || reply.cut === 'in-headers') {
    sendRaw(request, socket, reply);
  } else {
    await sendWhole(response, reply, pause);
  }
}

/** Each piece travels as an HTTP chunk of its own, so that the client sees the same pieces. */
async function sendWhole(
  response: ServerResponse,
  reply: CannedReply,
  pause: () => Promise<unknown>,
): Promise<void> {
  const body = bodyOf(reply);
  const pieces = reply.chunks?.map(toBytes) ?? (reply.cut === undefined ? [body] : halves(body));
  response.writeHead(reply.status ?? 200, headersOf(reply, body));
  for (const [index, piece] of (reply.cut === undefined ? pieces : pieces.slice(0, -1)).entries()) {
    if (index > 0) await pause();
    if (response.destroyed) return; // The client is gone.
    await write(response, piece);
  }
  await setImmediate();
  if (reply.cut === undefined) response.end();
  else response.destroy();
}

function halves(bytes: Buffer): readonly [Buffer, Buffer] {
  const middle = Math.ceil(bytes.length / 2);
  return [bytes.subarray(0, middle), bytes.subarray(middle)];
}

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => resolve());
  });
}

/** An answer to a request that is not read: past Node's own, which would close the connection at once. */
function sendRaw(request: IncomingMessage, socket: Socket, reply: CannedReply): void {
  const body = reply.chunks === undefined ? bodyOf(reply) : Buffer.concat(reply.chunks.map(toBytes));
  const status = reply.status ?? 200;
  const headers = { ...headersOf(reply, body), connection: 'close', 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`);
  if (reply.cut === undefined) {
    socket.end(Buffer.concat([head, body]));
    discard(request, socket);
    return;
  }
  const part = reply.cut === 'in-headers' ? halves(head)[0] : Buffer.concat([head, halves(body)[0]]);
  socket.write(part, () => socket.destroy());
}

const mostDiscardedBytes = 512 * 1024 * 1024;
const longestDiscardMs = 30_000;

/**
 * Reads on and forgets, for a while: closing with unread data resets the connection, and the client would never see the
 * answer. Proxies do the same: https://nginx.org/en/docs/http/ngx_http_core_module.html#lingering_close
 */
function discard(request: IncomingMessage, socket: Socket): void {
  let bytes = 0;
  const timer = setTimeout(() => socket.destroy(), longestDiscardMs).unref();
  socket.once('close', () => clearTimeout(timer));
  request
    .on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostDiscardedBytes) socket.destroy();
    });
}

function headersOf({ headers, chunks, body }: CannedReply, bytes: Buffer): Record<string, string> {
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  return {
    'content-type': isJson ? 'application/json; charset=UTF-8' : 'text/plain; charset=UTF-8',
    ...(chunks === undefined && { 'content-length': String(bytes.length) }),
    ...headers,
  };
}

function bodyOf({ body = '', insteadOfRest }: CannedReply): Buffer {
  if (typeof body === 'string' || body instanceof Uint8Array) return toBytes(body);
  const text = `${JSON.stringify(body, null, 2)}\n`;
  return Buffer.from(insteadOfRest === undefined ? text : text.slice(0, text.length / 2) + insteadOfRest);
}

function toBytes(bytes: string | Uint8Array): Buffer {
  return typeof bytes === 'string'
    ? Buffer.from(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
