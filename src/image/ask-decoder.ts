import type { Writable } from 'node:stream';
import { AbortedError, DescribeImageError, ImageError } from '../errors.ts';
import { encodeMessage, parseReply, type Reply, type Request } from './convert/messages.ts';
import { currentDecoder, type Decoder } from './decode-process.ts';

export interface DecodeLimits {
  /** How long it may take once its turn has come, in milliseconds. */
  readonly timeoutMs: number;
  /** How much memory the process may take, observed on Linux alone; 1 GiB unless told. */
  readonly memoryBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Takes a reply; the bytes that follow it have to be read to their end. */
export type Receive<T> = (reply: Reply, body: AsyncIterable<Uint8Array>) => T | Promise<T>;

/**
 * Asks the decoding process. One image at a time, in the order of the calls, as each may take a gigabyte of memory; waiting
 * for its turn costs nothing of an image's time. Nothing but the end of its process stops a decoder: one that takes too long
 * or too much memory, or is no longer wanted, is killed, and the next call starts another. Throws an `ImageError` then, as for
 * one that crashes, and an `AbortedError`; after that the process is gone.
 */
export async function askDecoder<T>(
  request: Request,
  image: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  receive: Receive<T>,
  { signal, ...limits }: DecodeLimits,
): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort(new AbortedError('aborted', { cause: signal?.reason }));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  let end: () => void = () => undefined;
  const turn = new Promise<void>((resolve) => {
    end = resolve;
  });
  const before = lastTurn;
  lastTurn = before.then(() => turn);
  try {
    await unlessRaised(before, stop.signal);
    return await askInTurn((decoder) => talk(decoder, request, image, receive, stop.signal), stop, limits);
  } finally {
    end();
    signal?.removeEventListener('abort', abort);
  }
}

/** Settles when all that came before has ended, however it did. */
let lastTurn: Promise<void> = Promise.resolve();

/** Waits for work, and throws the signal's reason once it is raised. */
async function unlessRaised<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let raise: () => void = () => undefined;
  const raised = new Promise<never>((_, reject) => {
    raise = () => reject(signal.reason);
  });
  if (signal.aborted) raise();
  signal.addEventListener('abort', raise);
  try {
    return await Promise.race([work, raised]);
  } finally {
    signal.removeEventListener('abort', raise);
  }
}

/** Resident memory beyond which the process is killed. */
const defaultMemoryBytes = 1024 ** 3;
/** Memory is written at a few gigabytes a second, so that no more than some hundred megabytes come on top. */
const pollMs = 20;

async function askInTurn<T>(
  work: (decoder: Decoder) => Promise<T>,
  stop: AbortController,
  limits: Omit<DecodeLimits, 'signal'>,
): Promise<T> {
  const decoder = currentDecoder();
  decoder.hold(true);
  try {
    return await withinLimits(work(decoder), decoder, stop, limits);
  } catch (error) {
    // Its memory has to be free before the next one starts, and a pipe breaks before its process is known to have ended.
    const reason = await decoder.end();
    throw error instanceof DescribeImageError ? error : reason;
  } finally {
    decoder.hold(false);
  }
}

async function withinLimits<T>(
  work: Promise<T>,
  { ended, memoryBytes: bytes }: Decoder,
  stop: AbortController,
  { timeoutMs, memoryBytes = defaultMemoryBytes }: Omit<DecodeLimits, 'signal'>,
): Promise<T> {
  const endedEarly = () => stop.abort(ended.reason);
  ended.addEventListener('abort', endedEarly);
  const timer = setTimeout(() => stop.abort(tooSlow(timeoutMs)), timeoutMs);
  const poll = setInterval(() => {
    if ((bytes() ?? 0) > memoryBytes) stop.abort(tooMuchMemory(memoryBytes));
  }, pollMs);
  try {
    return await unlessRaised(work, stop.signal);
  } finally {
    clearTimeout(timer);
    clearInterval(poll);
    ended.removeEventListener('abort', endedEarly);
  }
}

async function talk<T>(
  { stdin, replies }: Decoder,
  request: Request,
  image: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  receive: Receive<T>,
  stop: AbortSignal,
): Promise<T> {
  await write(stdin, encodeMessage(request));
  for await (const piece of image) {
    stop.throwIfAborted();
    await write(stdin, piece);
  }
  const reply = parseReply(await replies.message());
  return receive(reply, replies.body(reply.bytes));
}

/** Whoever yields the pieces may use their memory again, so each has to be out before the next. */
function write(stream: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

const simpler = 'Save it again as a smaller or simpler image.';

function tooSlow(timeoutMs: number): ImageError {
  return new ImageError(`not decoded within ${timeoutMs / 1000} s`, { hint: simpler });
}

function tooMuchMemory(memoryBytes: number): ImageError {
  const gib = (memoryBytes / 1024 ** 3).toLocaleString('en', { maximumFractionDigits: 1 });
  return new ImageError(`takes more than ${gib} GiB of memory to decode`, { hint: simpler });
}
