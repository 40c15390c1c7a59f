import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type CheckedBody, checkBody } from './check-body.ts';
import { checkHead, parseTarget, type Rules, streamFormatOf, type Target, tooLarge } from './check-head.ts';
import type { CannedReply, HonestReply, RecordedRequest, Reply } from './emulator.ts';
import { asStream } from './event-stream.ts';
import { answerHonestly } from './honest-answer.ts';
import { refuse } from './replies.ts';
import { send, statusOf } from './send-reply.ts';
import type { Draft, Session } from './session.ts';

export interface Handling {
  readonly rules: Rules;
  readonly session: Session;
  /** What a request gets that finds no queued reply; undefined where each has to find one. */
  readonly otherwise: Reply | undefined;
  readonly delayMs: number;
  readonly streamDelayMs: number;
  readonly onRequest: ((request: RecordedRequest) => void) | undefined;
  /** Ends waits. */
  readonly signal: AbortSignal;
}

/** Takes one request from its headers to its answer. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { rules, session, otherwise, delayMs, streamDelayMs, onRequest, signal }: Handling,
): Promise<void> {
  const record = session.begin(request);
  const reply = session.take() ?? otherwise ?? noReply(record, session);
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
  await Promise.resolve(reply.after).catch(() => undefined);
  await wait((reply.delayMs ?? 0) + delayMs, signal);
  const format = streamFormatOf(record, target);
  const framed = format === undefined ? canned : asStream(canned, format, streamDelayMs > 0);
  const pause = streamDelayMs > 0 ? () => wait(streamDelayMs, signal) : undefined;
  await send(request, response, { ...framed, isEarly: framed.isEarly || !request.complete }, pause);
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}

function noReply({ method, path }: Draft, session: Session): CannedReply {
  session.complain(`${method} ${path.replace(/\?.*$/s, '')} had no queued reply.`);
  return { status: 501, body: 'No reply was queued for this request.\n' };
}

/** Reads and checks a body; undefined where it did not arrive in full. */
async function receive(
  request: IncomingMessage,
  record: Draft,
  target: Target | undefined,
  rules: Rules,
): Promise<CheckedBody | undefined> {
  const end = await receiveBody(request, record, rules.bodyLimitBytes);
  if (end === 'cut-off') record.aborted = true;
  if (end === 'too-large') record.problem ??= tooLarge(rules.bodyLimitBytes);
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
