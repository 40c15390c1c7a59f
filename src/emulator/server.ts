import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type CheckedBody, checkBody } from './check-body.ts';
import {
  checkHead,
  parseTarget,
  type Rules,
  readRules,
  streamFormatOf,
  type Target,
  tooLarge,
} from './check-head.ts';
import { answerHonestly } from './honest-answer.ts';
import { honest, refuse } from './replies.ts';
import { asStream, send, statusOf } from './send.ts';
import { type Draft, nameOf, Session } from './session.ts';
import type { CannedReply, Emulator, EmulatorOptions, HonestReply } from './types.ts';

/**
 * Starts a server on this machine that speaks the API: as strict as the real service, and with the faults of the service
 * and of the gateways before it, when told to.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { isRecording = true, maxRecordedBytes = 64 * 1024 * 1024 } = options;
  const session = new Session(isRecording, maxRecordedBytes);
  const rules = readRules(options);
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // Every answer that waits listens.

  const server = createServer((request, response) => {
    handle(request, response, { options, rules, session, signal: closing.signal }).catch((error: unknown) => {
      session.complain(`the emulator failed: ${error instanceof Error ? error.stack : error}`);
      request.socket.destroy();
    });
  });
  // A client that keeps connections must not find one closed that it is about to use.
  server.keepAliveTimeout = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (isGarbage(error)) session.complain(`bytes arrived that are not HTTP (${error.message}).`);
    socket.destroy();
  });
  server.on('connection', (socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');

  const close = async () => {
    closing.abort();
    const isOpen = server.listening;
    server.close();
    for (const socket of sockets) socket.destroy();
    if (isOpen) await once(server, 'close');
  };
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${rules.basePath}`,
    requests: session.requests,
    enqueue: (...replies) => void session.replies.push(...replies),
    verify: () => session.verify(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A connection that ends or breaks in the middle is not garbage. */
function isGarbage({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE';
}

interface Handling {
  readonly options: EmulatorOptions;
  readonly rules: Rules;
  readonly session: Session;
  /** Ends waits. */
  readonly signal: AbortSignal;
}

/** Takes one request from its headers to its answer. */
async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { options, rules, session, signal }: Handling,
): Promise<void> {
  const {
    isStrict = false,
    otherwise = isStrict ? undefined : honest,
    streamDelayMs = 0,
    onRequest,
  } = options;
  const record = session.begin(request);
  const reply = session.replies.shift() ?? otherwise ?? noReply(record, session);
  const target = parseTarget(record.path, rules.basePath);
  record.problem = checkHead(record, target, rules);

  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  const isUnread = declaredBytes > rules.bodyLimitBytes || (!reply.isHonest && reply.isEarly === true);
  const checked = isUnread ? undefined : await receive(request, record, target, rules);
  const canned = reply.isHonest ? honestReply(reply, record, checked, target) : reply;
  record.status = record.aborted ? 0 : statusOf(canned);

  if (!reply.isHonest) session.complainIfHidden(record, reply);
  session.keep(record);
  onRequest?.(record);
  if (record.aborted) return;
  const wait = async (ms: number) => {
    if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  };
  await Promise.resolve(reply.after).catch(() => undefined);
  await wait((reply.delayMs ?? 0) + (options.delayMs ?? 0));
  const format = streamFormatOf(record, target);
  const framed = format === undefined ? canned : asStream(canned, format, streamDelayMs > 0);
  const pause = streamDelayMs > 0 ? () => wait(streamDelayMs) : undefined;
  await send(request, response, { ...framed, isEarly: framed.isEarly || !request.complete }, pause);
}

function noReply(record: Draft, session: Session): CannedReply {
  session.complain(`${nameOf(record)} had no queued reply.`);
  return { status: 501, body: 'No reply was queued for this request.\n' };
}

/** Reads and checks a body; undefined where it did not arrive in full. */
async function receive(
  request: IncomingMessage,
  record: Draft,
  target: Target | undefined,
  { bodyLimitBytes }: Rules,
): Promise<CheckedBody | undefined> {
  const end = await receiveBody(request, record, bodyLimitBytes);
  if (end === 'cut-off') record.aborted = true;
  if (end === 'too-large') record.problem ??= tooLarge(bodyLimitBytes);
  if (end !== 'complete') return undefined;
  const checked = await checkBody(record.body, target?.model ?? '');
  record.images = checked.images;
  record.problem ??= checked.problem;
  return checked;
}

/** `cut-off` where the client hung up before its declared end, `too-large` where nobody reads on. */
type BodyEnd = 'complete' | 'cut-off' | 'too-large';

/** Reads a body up to a limit. What lies beyond stays in the connection. */
function receiveBody(request: IncomingMessage, record: Draft, limitBytes: number): Promise<BodyEnd> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (end: BodyEnd) => {
      request.off('data', collect);
      if (chunks.length > 0) record.body = Buffer.concat(chunks.splice(0));
      resolve(end);
    };
    const collect = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes) finish('too-large');
    };
    request
      .on('data', collect)
      .once('end', () => finish('complete'))
      .once('close', () => finish('cut-off'))
      .on('error', () => undefined); // 'close' follows.
  });
}

function honestReply(
  reply: HonestReply,
  { problem, images, body }: Draft,
  checked: CheckedBody | undefined,
  target: Target | undefined,
): CannedReply {
  if (problem !== undefined) return refuse(problem);
  if (checked?.request === undefined || target === undefined) return { cut: 'before-headers' }; // The client is gone.
  if (reply.isWithoutStreams && target.action === 'streamGenerateContent') {
    return { status: 405, body: 'Method Not Allowed\n' };
  }
  return { body: answerHonestly(checked.request, images, target.model, body, reply) };
}
