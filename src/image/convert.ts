import { AbortedError, ImageError } from '../errors.ts';
import type { Readable } from './bytes.ts';
import { encodeConverted, encodeShrunk } from './convert/choose.ts';
import { decode } from './convert/decode.ts';
import type { SendableType } from './convert/encode.ts';
import { decodes, loadSharp } from './convert/sharp.ts';
import { withinLimits } from './convert/time-limit.ts';
import type { Format } from './formats/image-format.ts';

export interface ReencodeOptions {
  /** What the person called the image; used in messages. */
  readonly name: string;
  /** Longest side in pixels; what is smaller stays as it is. */
  readonly maxEdge?: number | undefined;
  /** How long it may take once its turn has come, in milliseconds; a minute unless told. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Reencoded {
  readonly data: Buffer;
  readonly mimeType: SendableType;
  /** What is not as it was, for people: "scaled from 4000 × 3000 to 2048 × 1536". */
  readonly changes: readonly string[];
}

/** Whether images can be decoded here at all, or the optional package for it is missing. */
export async function canConvert(): Promise<boolean> {
  return (await loadSharp()) !== undefined;
}

/** Whether images of this format can be decoded here. */
export async function canDecode(format: Format): Promise<boolean> {
  const sharp = await loadSharp();
  return sharp !== undefined && decodes(sharp, format);
}

/**
 * Makes an image one that the API takes, without visible loss and no larger than `maxEdge`; undefined where it is that
 * already. The result is upright, still, in sRGB and without metadata. One image at a time, as each may take a gigabyte of
 * memory; waiting for its turn costs nothing of an image's time. Throws an `ImageError` when it cannot be decoded, and an
 * `AbortedError`.
 */
export async function reencode(
  input: Readable,
  format: Format,
  options: ReencodeOptions,
): Promise<Reencoded | undefined> {
  return inTurn(() => reencodeNow(input, format, options), options.signal);
}

/** Settles when all that came before has ended, however it did. */
let lastTurn: Promise<unknown> = Promise.resolve();

/** Does one piece of work at a time, in the order of the calls; whoever is aborted while waiting is told so at once. */
async function inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.then(nothing, nothing);
  return signal === undefined ? turn : untilAborted(turn, signal);
}

const nothing = () => undefined;

async function untilAborted<T>(turn: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new AbortedError('aborted', { cause: signal.reason }));
  });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([turn, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function reencodeNow(
  input: Readable,
  format: Format,
  { name, maxEdge, timeoutMs = 60_000, signal }: ReencodeOptions,
): Promise<Reencoded | undefined> {
  try {
    return await withinLimits(
      async (stop) => {
        const sharp = await loadSharp();
        if (sharp === undefined || !decodes(sharp, format)) throw notSupported(format);
        const original = await readWhole(input);
        stop.throwIfAborted();
        const decoded = await decode(sharp, original, format, { maxEdge, timeoutMs, stop });
        stop.throwIfAborted();
        if (decoded === undefined) return undefined;
        const encoded = format.sendable
          ? await encodeShrunk(sharp, decoded, original, format, stop)
          : await encodeConverted(sharp, decoded, format);
        return { ...encoded, changes: [...converted(format, encoded.mimeType), ...decoded.changes] };
      },
      { timeoutMs, signal },
    );
  } catch (error) {
    throw error instanceof ImageError ? error.about(name) : error;
  }
}

/** What needs more is beyond the limit on pixels as well, but for the widest samples without compression. */
const mostBytes = 1024 ** 3;

async function readWhole(input: Readable): Promise<Buffer> {
  if (input.bytes > mostBytes) {
    throw new ImageError('too large to decode (at most 1 GiB)', { hint: 'Save it smaller.' });
  }
  const whole = Buffer.allocUnsafe(input.bytes);
  let filled = 0;
  for await (const chunk of input.open()) {
    whole.set(chunk, filled);
    filled += chunk.length;
  }
  return whole.subarray(0, filled);
}

function notSupported(format: Format): ImageError {
  return new ImageError(`${format.name}, which cannot be decoded here`, {
    hint: 'Save it as PNG, JPEG or WebP.',
  });
}

function converted(format: Format, mimeType: SendableType): readonly string[] {
  return format.mimeType === mimeType ? [] : [`converted from ${format.mimeType} to ${mimeType}`];
}
