import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { ImageError } from '../errors.ts';
import { children } from './children.ts';
import { createMessageReader, type MessageReader } from './convert/messages.ts';

/** The process that decodes images. */
export interface Decoder {
  readonly stdin: Writable;
  readonly replies: MessageReader;
  /** Bytes of memory it takes; undefined where the system does not say. */
  readonly memoryBytes: () => number | undefined;
  /** Raised when the process has ended; the reason is an `ImageError`. */
  readonly ended: AbortSignal;
  /** Says whether it is at work, so that this program waits for it before it ends. After a while without work, it is ended. */
  readonly hold: (isHeld: boolean) => void;
  /** Ends it, whatever it is doing; resolves when it has ended, with an `ImageError` that says how. */
  readonly end: () => Promise<unknown>;
}

let current: Decoder | undefined;

/** The process of this program, started if there is none. Throws an `ImageError` where none can be started. */
export function currentDecoder(): Decoder {
  if (current === undefined || current.ended.aborted) current = startDecoder();
  return current;
}

/** The variables that the decoder and Node need to find fonts, libraries and caches; no key and no proxy among them. */
const inherited = [
  'HOME USERPROFILE LOCALAPPDATA APPDATA TMPDIR TEMP TMP LANG LC_ALL LC_CTYPE PATH SystemRoot NODE_PATH',
  'LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH FONTCONFIG_FILE FONTCONFIG_PATH FONTCONFIG_SYSROOT',
  'XDG_CACHE_HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_DATA_DIRS',
].flatMap((names) => names.split(' '));

/** After so long without an image, its memory is better returned. */
const idleMs = 30_000;

function startDecoder(): Decoder {
  const ended = new AbortController();
  let idle: NodeJS.Timeout | undefined;
  try {
    const program = createRequire(import.meta.url).resolve('#decoder');
    const child = spawn(process.execPath, ['--expose-gc', program], {
      env: Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
      // What decoders say on standard error is for their authors.
      stdio: ['pipe', 'pipe', 'ignore'],
      // Ctrl-C at a terminal goes to a whole group of processes; whether an image is finished first is for this one to say.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const { stdin, stdout, pid } = child;
    const end = () => {
      // The next image is not for one that is about to end.
      if (current?.end === end) current = undefined;
      clearTimeout(idle);
      child.ref();
      child.kill('SIGKILL');
      return reasonOf(ended.signal);
    };
    const over = (reason: ImageError) => {
      children.delete(end);
      ended.abort(reason);
    };
    child.once('error', (error) => over(notStarted(error)));
    child.once('exit', (code, signal) => over(crashed(signal ?? `code ${code}`)));
    stdin.on('error', () => undefined); // Told by the write that failed.
    for (const pipe of [stdin, stdout]) if (pipe instanceof Socket) pipe.unref();
    children.add(end);
    return {
      stdin,
      replies: createMessageReader(stdout),
      memoryBytes: () => (pid === undefined ? undefined : memoryOf(pid)),
      ended: ended.signal,
      hold: (isHeld) => {
        clearTimeout(idle);
        if (isHeld) return child.ref();
        child.unref();
        idle = setTimeout(end, idleMs).unref();
      },
      end,
    };
  } catch (error) {
    throw notStarted(error);
  }
}

function reasonOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason));
  });
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

function crashed(how: string): ImageError {
  return new ImageError(`cannot be decoded: the decoder crashed (${how})`, {
    hint: 'Save it again as a smaller or simpler image.',
  });
}

function notStarted(cause: unknown): ImageError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new ImageError(`cannot be decoded: no decoder could be started (${why})`, {
    hint: 'Check whether the system is out of memory or processes; images that need no conversion can still be sent.',
    cause,
  });
}
