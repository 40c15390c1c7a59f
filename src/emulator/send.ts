import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { CannedReply } from './types.ts';

/** `sse` after `?alt=sse`, and one JSON array without it. */
export type StreamFormat = 'sse' | 'array';

/**
 * Splits a reply into the pieces of a stream, as `streamGenerateContent` sends them. Text and bytes stay as they are.
 *
 * @param isWhole one piece an event; otherwise pieces are of odd sizes, so that events, lines and characters are split
 */
export function asStream(reply: CannedReply, format: StreamFormat, isWhole: boolean): CannedReply {
  const { body, status = 200, cut, insteadOfRest } = reply;
  if (typeof body !== 'object' || body instanceof Uint8Array || reply.chunks !== undefined) return reply;
  const type = format === 'sse' ? 'text/event-stream' : 'application/json; charset=UTF-8';
  const headers = { 'content-type': type, ...reply.headers };
  // An error before the stream is plain JSON, whatever the header says.
  if (status >= 400) return { ...reply, headers, body: format === 'sse' ? body : [body].flat() };
  const isBroken = cut === 'in-body' || insteadOfRest !== undefined;
  const all = splitAnswer(body);
  const events = isBroken ? all.slice(0, Math.ceil(all.length / 2)) : all;
  const texts = events.map((event, index) => {
    if (format === 'sse') return `data: ${JSON.stringify(event)}\r\n\r\n`;
    return `${index === 0 ? '[' : '\n,\r\n'}${JSON.stringify(event, null, 2)}`;
  });
  if (format === 'array' && !isBroken) texts.push('\n]\n');
  const pieces = isWhole ? texts : oddPieces(texts.join(''));
  // Of a reply that is cut, the last piece is not sent.
  return {
    ...reply,
    headers,
    body: undefined,
    chunks: isBroken ? [...pieces, insteadOfRest ?? '…'] : pieces,
  };
}

interface Answer {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string }[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: { readonly candidatesTokenCount?: number; readonly totalTokenCount?: number };
}

/** The events of an answer: text in growing pieces, and what belongs to the end only in the last one. */
function splitAnswer(answer: Answer): object[] {
  const { candidates, usageMetadata = {} } = answer;
  if (candidates === undefined) return [answer];
  const { candidatesTokenCount: tokens = 0, totalTokenCount = 0 } = usageMetadata;
  const pieces = candidates.map(({ content }) => (content?.parts ?? []).flatMap(splitPart));
  const count = Math.max(1, ...pieces.map(({ length }) => length));
  return Array.from({ length: count }, (_, index) => {
    const isLast = index === count - 1;
    const soFar = Math.ceil((tokens * index) / count);
    const counts = { candidatesTokenCount: soFar, totalTokenCount: totalTokenCount - tokens + soFar };
    return {
      ...answer,
      ...(!isLast && { usageMetadata: { ...usageMetadata, ...counts } }),
      candidates: candidates.map(({ content, ...end }, at) => {
        const part = pieces[at]?.[index];
        return {
          ...(content && { content: { ...(part && { parts: [part] }), role: 'model' } }),
          ...(isLast ? end : { index: at }),
        };
      }),
    };
  });
}

/** Pieces of 1, 3, 7, 15 … characters, at most 8,191, so that a short text makes several events and a long one few. */
function splitPart(part: { readonly text?: string }): object[] {
  if (part.text === undefined || 'thought' in part) return [part];
  const pieces: object[] = [];
  for (let at = 0, length = 1; at < part.text.length; length = Math.min(length * 2 + 1, 8191)) {
    const isHalf = /[\ud800-\udbff]/.test(part.text.charAt(at + length - 1));
    const text = part.text.slice(at, at + length + (isHalf ? 1 : 0));
    pieces.push({ ...part, text });
    at += text.length;
  }
  return pieces;
}

const oddSizes = [1, 2, 3, 5, 7, 11, 31, 127, 509, 2039, 8191];

/** Splits text into pieces of bytes that heed neither events nor characters. */
function oddPieces(text: string): Uint8Array[] {
  const bytes = Buffer.from(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 0) {
    pieces.push(bytes.subarray(at, at + (oddSizes[pieces.length] ?? 8191)));
  }
  return pieces;
}

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
  if (reply.cut === 'before-headers') socket.destroy();
  else if (reply.isEarly || reply.cut === 'in-headers') sendRaw(request, socket, reply);
  else await sendWhole(response, reply, pause);
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
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  await setImmediate();
  if (reply.cut === undefined) response.end();
  else response.destroy();
}

function halves(bytes: Buffer): readonly [Buffer, Buffer] {
  const middle = Math.ceil(bytes.length / 2);
  return [bytes.subarray(0, middle), bytes.subarray(middle)];
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

const maxDiscardedBytes = 512 * 1024 * 1024;
const maxDiscardMs = 30_000;

/**
 * Reads on and forgets, for a while: closing with unread data resets the connection, and the client would never see the
 * answer. Proxies do the same: https://nginx.org/en/docs/http/ngx_http_core_module.html#lingering_close
 */
function discard(request: IncomingMessage, socket: Socket): void {
  let bytes = 0;
  const timer = setTimeout(() => socket.destroy(), maxDiscardMs).unref();
  socket.once('close', () => clearTimeout(timer));
  request
    .on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxDiscardedBytes) socket.destroy();
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
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
