import { isOtherModel, requestHeaders } from '../api/endpoint.ts';
import { redactError } from '../api/redact.ts';
import { type ApiAnswer, readReply } from '../api/reply.ts';
import { ApiError, DescribeImageError, type Failure, NetworkError } from '../errors.ts';
import { type RequestBody, readWhole } from '../http/exchange.ts';
import { IdleCloseError } from '../http/failure.ts';
import { type AttemptOptions, nextTurn, withRetries } from '../http/retry.ts';
import { pausesAll, ruleForCode } from '../http/retry-table.ts';
import { adviceOnSize } from '../image/fit.ts';
import type { Image } from '../image/load.ts';
import type { OpenedSource } from '../image/source.ts';
import { defaults } from '../options/table.ts';
import { type Answered, type Asked, type CutOff, endingOf, type SentImage } from '../result.ts';
import { option, say } from '../sentence.ts';
import type { Report } from './limiter.ts';
import { attempts, nameOf, openAll, type PreparedRequest, prepare, question } from './prepared-request.ts';
import type { DescribeOptions, Found, Job, Told, Tools, Warn } from './tools.ts';

/**
 * Sees one question through: from where its image comes from to where its answer is kept. What concerns this image alone is
 * its result. Throws a `DescribeImageError` that concerns every other image as well, and what nobody foresaw.
 *
 * @param makeRoom called where only the answer is still to be kept, and others may be asked about meanwhile
 */
export async function ask(job: Found, tools: Tools, makeRoom: () => void = () => undefined): Promise<Told> {
  const { effects, options, store, stop } = tools;
  const startedMs = effects.monotonicNow();
  const warnings: string[] = [];
  const warn: Warn = (sentence, isTold = true) => {
    const warning = tools.word(sentence);
    warnings.push(warning);
    if (isTold) options.onWarning?.(warning);
  };
  let key = '';
  let sources: readonly OpenedSource[] = [];
  try {
    if ('error' in job) throw job.error;
    sources = await openAll(job, tools);
    key = (await tools.fingerprint?.ofImages(sources)) ?? '';
    return await tools.inTurn(store.placeOf(job.name, key), async () => {
      const known = await store.recall(job.name, key);
      if (known !== undefined) return { result: { image: job.name, outcome: 'kept', ...known } };
      if (stop?.aborted) return { result: { image: job.name, outcome: 'notTried' } };
      const request = await prepare(sources, options);
      for (const warning of request.images.flatMap((image) => image.warnings)) warn(warning);
      await store.claim(job.name);
      const { answer, body } = await send(request, tools, warn);
      const elapsedMs = Math.round(effects.monotonicNow() - startedMs);
      const result = resultOf(job, request, { ...answer, elapsedMs, warnings });
      if (store.makesRoom) makeRoom();
      return { result, body, ...(await store.keep(job.name, key, result)) };
    });
  } catch (error) {
    if (!(error instanceof DescribeImageError)) throw error;
    if (endsRun(error, options)) throw withoutKey(error, tools);
    const asked = { ...nameOfJob(job), images: [], ...question(options) };
    const result = { ...asked, outcome: 'failed', error: withoutKey(error, tools) as Failure } as const;
    // An image that cannot be read has no bytes to go by, only its name.
    key ||= (await tools.fingerprint?.ofName(job.name)) ?? '';
    return { result, ...(await store.keep(job.name, key, result)) };
  } finally {
    for (const source of sources) source.readable.close();
    store.release(job.name);
  }
}

/** Makes attempts until there is an answer or another makes no sense; each waits for its place. */
async function send(
  request: PreparedRequest,
  tools: Tools,
  warn: Warn,
): Promise<{ readonly answer: ApiAnswer; readonly body: Uint8Array | undefined }> {
  const { effects, options, redact } = tools;
  const about = nameOf(request.images);
  const { url } = request.endpoint;
  const target = { url, headers: requestHeaders(request.endpoint, request.body.length) };
  let report: Report | undefined;
  let body: Uint8Array | undefined;
  const pauseAll = (status: number | undefined, delayMs: number | undefined) => {
    if (pausesAll(status) && delayMs !== undefined) report?.limited(effects.monotonicNow() + delayMs);
  };
  const post = (resumes?: IdleCloseError) =>
    tools.place(async (own) => {
      report = own;
      const reply = await readWhole(
        await effects.transport(target, request.body, {
          ...transportOptions(request.body, options),
          resumes,
        }),
      );
      // Before the place is free: whoever is next in line must not meet the same refusal.
      pauseAll(reply.status, minPauseMs);
      return reply;
    });
  let mayResume = true;
  const resume = (failure: unknown) => {
    if (!mayResume || !(failure instanceof IdleCloseError)) throw failure;
    mayResume = false;
    warn(`${about}: the connection was closed while idle, sent again`);
    return post(failure);
  };
  const attempt = async () => {
    const reply = await post().catch(resume);
    options.onReply?.(reply);
    if (tools.keepsReplies) body = reply.body;
    const answer = await readReply(reply, options.apiKey);
    if (reply.body.length > largeReplyBytes) await nextTurn();
    return answer;
  };
  const onRetry: AttemptOptions['onRetry'] = (notice) => {
    pauseAll(notice.status, notice.delayMs);
    options.onRetry?.(notice);
  };
  try {
    const answer = await withRetries(attempt, { ...attempts(options, redact), onRetry }, effects);
    report?.succeeded();
    // The outcome tells, so that it need not be told as a warning as well.
    if (endingOf(answer.finishReason) === 'cutOff') warn(say`${about}: ${cutOff}`, false);
    for (const warning of warningsAbout(answer, request.model)) warn(`${about}: ${warning}`);
    return { answer, body };
  } catch (error) {
    if (error instanceof ApiError) {
      // With no attempt left, too, what the server says of the time holds for all.
      pauseAll(error.status, error.retryAfterMs);
      // How much a server takes is not told; half as much is a good next try.
      if (error.isTooLarge) error.advice = adviceOnSize(request.images, 0.5);
    }
    throw error instanceof DescribeImageError ? withoutKey(error.about(about), tools) : error;
  }
}

/** Sentences, stack and causes lose the key, whoever put it there. */
function withoutKey<E extends DescribeImageError>(error: E, { redact, options }: Tools): E {
  return redactError(error.reword(redact), options.apiKey);
}

/** Reading a larger one takes so long that others should have a turn before it is written. */
const largeReplyBytes = 1024 * 1024;

/** Where a server says that there are too many requests, and not yet how long to wait. */
const minPauseMs = 1000;

function transportOptions(body: RequestBody, options: DescribeOptions) {
  const { timeoutMs = defaults.timeoutMs, proxy, agent, signal, onUpload } = options;
  return {
    timeoutMs,
    proxy,
    agent,
    signal,
    onUpload: onUpload && ((sentBytes: number) => onUpload(sentBytes, body.length)),
  };
}

const cutOff = say`the answer was cut off at the token limit (MAX_TOKENS); raise ${option('maxOutputTokens')}`;

function* warningsAbout({ finishReason, modelVersion }: ApiAnswer, model: string): Generator<string> {
  if (endingOf(finishReason) === 'doubtful')
    yield `the API ended the answer early (${finishReason}), so it may be incomplete`;
  if (modelVersion !== null && isOtherModel(model, modelVersion))
    yield `answered by ${modelVersion} instead of ${model}`;
}

function resultOf(
  job: Job,
  { images, prompt, model }: PreparedRequest,
  {
    modelVersion,
    text,
    finishReason,
    responseId,
    usage,
    elapsedMs,
    warnings,
  }: Omit<Answered, keyof Asked | 'outcome'>,
): Answered | CutOff {
  return {
    ...nameOfJob(job),
    images: images.map(sentImage),
    prompt,
    model,
    outcome: endingOf(finishReason) === 'cutOff' ? 'cutOff' : 'answered',
    modelVersion,
    text,
    finishReason,
    responseId,
    usage,
    elapsedMs,
    warnings,
  };
}

/** An answer about several images together is not that of one. */
function nameOfJob({ name, isTogether }: Pick<Job, 'name' | 'isTogether'>): { readonly image?: string } {
  return isTogether ? {} : { image: name };
}

function sentImage({ name, mimeType, bytes, dimensions, changes }: Image): SentImage {
  const { width = null, height = null, orientation = null } = dimensions ?? {};
  return { image: name, mimeType, bytes, width, height, orientation, changes };
}

/**
 * Whether every other image would fail in the same way: a wrong setting or model, a refused key, a quota that is used up, or
 * one that comes back later than anybody is to wait, or answers that cannot be read.
 */
function endsRun(error: DescribeImageError, { maxWaitMs = defaults.maxWaitMs }: DescribeOptions): boolean {
  if (['usage', 'credential', 'output', 'aborted'].includes(error.kind)) return true;
  if (error instanceof NetworkError) return ruleForCode(error.code)?.action === 'halt';
  if (!(error instanceof ApiError)) return false;
  const { status, concernsAll, retryAfterMs = 0 } = error;
  return concernsAll || (pausesAll(status) && retryAfterMs > maxWaitMs);
}
