import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { AbortedError, DescribeImageError, ImageError } from '../errors.ts';
import {
  createMessageReader,
  encodeMessage,
  type MessageReader,
  parseReply,
  type Reply,
  type Request,
} from './convert/messages.ts';

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
 * Asks the decoding process, which is started when it is first needed and serves the whole program. One image at a time, in
 * the order of the calls, as each may take a gigabyte of memory; waiting for its turn costs nothing of an image's time.
 * Nothing but the end of its process stops a decoder: one that takes too long or too much memory, or is no longer wanted, is
 * killed, and the next call starts another. Throws an `ImageError` then, as for one that crashes, and an `AbortedError`.
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
  const turn = lastTurn.then(() => {
    stop.signal.throwIfAborted();
    return askInTurn((decoder) => talk(decoder, request, image, receive, stop.signal), stop, limits);
  });
  lastTurn = turn.catch(() => undefined);
  try {
    return await unlessRaised(turn, stop.signal);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Settles when all that came before has ended, however it did. */
let lastTurn: Promise<unknown> = Promise.resolve();

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

interface Decoder {
  readonly stdin: Writable;
  readonly replies: MessageReader;
  /** Bytes of memory it takes; undefined where the system does not say. */
  readonly memoryBytes: () => number | undefined;
  /** Raised when the process has ended; the reason is an `ImageError`. */
  readonly ended: AbortSignal;
  /** Whether this program waits for it before it ends. */
  readonly hold: (isHeld: boolean) => void;
  readonly kill: () => void;
}

/** Resident memory beyond which the process is killed. */
const defaultMemoryBytes = 1024 ** 3;
/** Memory is written at a few gigabytes a second, so that no more than some hundred megabytes come on top. */
const pollMs = 20;
/** After so long without an image, the memory of the process is better returned. */
const idleMs = 30_000;

let running: Decoder | undefined;
let idle: NodeJS.Timeout | undefined;

async function askInTurn<T>(
  work: (decoder: Decoder) => Promise<T>,
  stop: AbortController,
  limits: Omit<DecodeLimits, 'signal'>,
): Promise<T> {
  clearTimeout(idle);
  if (running === undefined || running.ended.aborted) running = startDecoder();
  const decoder = running;
  decoder.hold(true);
  try {
    return await withinLimits(work(decoder), decoder, stop, limits);
  } catch (error) {
    // Its memory has to be free before the next one starts, and a pipe breaks before its process is known to have ended.
    const reason = await end(decoder);
    throw error instanceof DescribeImageError ? error : reason;
  } finally {
    decoder.hold(false);
    idle = setTimeout(end, idleMs, decoder).unref();
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

/** Ends the process, whatever it is doing; resolves with an `ImageError` that says how it ended. */
function end(decoder: Decoder): Promise<unknown> {
  if (running === decoder) running = undefined;
  decoder.kill();
  const { ended } = decoder;
  return new Promise((resolve) => {
    if (ended.aborted) resolve(ended.reason);
    else ended.addEventListener('abort', () => resolve(ended.reason));
  });
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

/** The variables that the decoder and Node need to find fonts, libraries and caches; no key and no proxy among them. */
const inherited: readonly string[] = [
  ...[
    'HOME',
    'USERPROFILE',
    'LOCALAPPDATA',
    'APPDATA',
    'TMPDIR',
    'TEMP',
    'TMP',
    'LANG',
    'LC_ALL',
    'LC_CTYPE',
  ],
  ...[
    'PATH',
    'NODE_PATH',
    'LD_LIBRARY_PATH',
    'DYLD_LIBRARY_PATH',
    'DYLD_FALLBACK_LIBRARY_PATH',
    'SystemRoot',
  ],
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_DATA_HOME', 'XDG_DATA_DIRS'],
  ...['FONTCONFIG_FILE', 'FONTCONFIG_PATH', 'FONTCONFIG_SYSROOT'],
];

/** Throws an `ImageError` where no process can be started. */
function startDecoder(): Decoder {
  const ended = new AbortController();
  try {
    const program = createRequire(import.meta.url).resolve('#decoder');
    const child = spawn(process.execPath, ['--expose-gc', program], {
      env: Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
      // What decoders say on standard error is for their authors.
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    child.once('error', (error) => ended.abort(notStarted(error)));
    child.once('exit', (code, signal) => ended.abort(crashed(signal ?? `code ${code}`)));
    const { stdin, stdout, pid } = child;
    stdin.on('error', () => undefined); // Told by the write that failed.
    for (const pipe of [stdin, stdout]) if (pipe instanceof Socket) pipe.unref();
    return {
      stdin,
      replies: createMessageReader(stdout),
      memoryBytes: () => (pid === undefined ? undefined : memoryOf(pid)),
      ended: ended.signal,
      hold: (isHeld) => (isHeld ? child.ref() : child.unref()),
      kill: () => child.kill('SIGKILL'),
    };
  } catch (error) {
    throw notStarted(error);
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function memoryOf(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

const simpler = 'Save it again as a smaller or simpler image.';

function tooSlow(timeoutMs: number): ImageError {
  return new ImageError(`not decoded within ${timeoutMs / 1000} s`, { hint: simpler });
}

function tooMuchMemory(memoryBytes: number): ImageError {
  const gib = (memoryBytes / 1024 ** 3).toLocaleString('en', { maximumFractionDigits: 1 });
  return new ImageError(`takes more than ${gib} GiB of memory to decode`, { hint: simpler });
}

function crashed(how: string): ImageError {
  return new ImageError(`cannot be decoded: the decoder crashed (${how})`, { hint: simpler });
}

function notStarted(cause: unknown): ImageError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new ImageError(`cannot be decoded: no decoder could be started (${why})`, {
    hint: 'Is the system short of memory or processes? An image that needs no conversion is sent without a decoder.',
    cause,
  });
}
