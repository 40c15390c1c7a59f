import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { answerHonestly } from './answer.ts';
import { type CheckedBody, checkBody, checkHead } from './check/check.ts';
import { parseTarget } from './check/endpoint.ts';
import { tooLarge } from './check/headers.ts';
import { hiddenProblem, type Queue } from './queue.ts';
import { receiveBody } from './receive.ts';
import { refuse } from './replies/build.ts';
import { send, statusOf } from './send.ts';
import type { CannedReply, RecordedRequest, Reply, Rules } from './types.ts';

export interface ExchangeOptions {
  readonly rules: Rules;
  readonly queue: Queue;
  /** What a request gets that finds the queue empty; undefined where each has to find one. */
  readonly otherwise: Reply | undefined;
  readonly delayMs: number;
  readonly onArrival: (request: RecordedRequest) => void;
  readonly onRequest: (request: RecordedRequest) => void;
  /** Ends waits. */
  readonly signal: AbortSignal;
}

/** Takes one request from its headers to its answer. */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions,
): Promise<void> {
  const { rules, queue } = options;
  const record = startRecord(request);
  options.onArrival(record);
  const reply = queue.take() ?? options.otherwise ?? noReply(record, queue);
  record.problem = checkHead(record, rules);

  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  const isUnread = declaredBytes > rules.bodyLimitBytes || (!reply.isHonest && reply.isEarly === true);
  const checked = isUnread ? undefined : await receive(request, record, rules);
  const canned = reply.isHonest ? honestReply(record, checked, rules) : reply;
  record.status = record.aborted ? 0 : statusOf(canned);

  const complaint = reply.isHonest ? undefined : hiddenProblem(record, reply);
  if (complaint !== undefined) queue.complain(complaint);
  options.onRequest(record);
  if (record.aborted) return;
  await wait(reply, options);
  await send(request, response, { ...canned, isEarly: canned.isEarly || !request.complete });
}

/** A record while it is being filled in. */
type Draft = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] };

function startRecord({ method = '', url = '', headers }: IncomingMessage): Draft {
  return { method, path: url, headers, body: Buffer.alloc(0), json: undefined, images: [], status: 0 };
}

function noReply({ method, path }: RecordedRequest, queue: Queue): CannedReply {
  queue.complain(`${method} ${path.replace(/\?.*$/s, '')} had no queued reply.`);
  return { status: 501, body: 'No reply was queued for this request.\n' };
}

/** Reads and checks a body; undefined where it did not arrive in full. */
async function receive(
  request: IncomingMessage,
  record: Draft,
  rules: Rules,
): Promise<CheckedBody | undefined> {
  const { body, end } = await receiveBody(request, rules.bodyLimitBytes);
  record.body = body;
  if (end === 'cut-off') record.aborted = true;
  if (end === 'too-large') record.problem ??= tooLarge(rules.bodyLimitBytes);
  if (end !== 'complete') return undefined;
  const checked = checkBody(body, parseTarget(record.path, rules.basePath)?.model ?? '');
  record.json = checked.json;
  record.images = checked.images;
  record.problem ??= checked.problem;
  return checked;
}

function honestReply(record: RecordedRequest, checked: CheckedBody | undefined, rules: Rules): CannedReply {
  if (record.problem !== undefined) return refuse(record.problem);
  if (checked?.request === undefined) return { cut: 'before-headers' }; // The client is gone.
  const model = parseTarget(record.path, rules.basePath)?.model ?? '';
  return { body: answerHonestly(checked.request, record.images, model, record.body) };
}

async function wait({ after, delayMs = 0 }: Reply, options: ExchangeOptions): Promise<void> {
  await Promise.resolve(after).catch(() => undefined);
  const totalMs = delayMs + options.delayMs;
  if (totalMs > 0) await setTimeout(totalMs, undefined, { signal: options.signal }).catch(() => undefined);
}
