import { ImageError } from '../errors.ts';
import { shortLine } from '../printable.ts';
import { askDecoder, type DecodeLimits } from './ask-decoder.ts';
import type { ByteSource } from './bytes.ts';
import { type FormatsReply, maxBodyBytes, type Reply, type SendableType } from './convert/messages.ts';
import type { Format } from './formats/image-format.ts';
import { spool } from './spool.ts';

export interface ReencodeOptions extends DecodeLimits {
  /** What the person called the image; used in messages. */
  readonly name: string;
  /** Longest side in pixels; what is smaller stays as it is. */
  readonly maxEdge?: number | undefined;
}

export interface Reencoded {
  /** To be closed by whoever asked for it. */
  readonly readable: ByteSource;
  readonly mimeType: SendableType;
  /** What is not as it was, for people: "scaled from 4000 × 3000 to 2048 × 1536". */
  readonly changes: readonly string[];
}

/** Whether images of a format are decoded here: by this build, by none, or not since no decoder is installed. */
export type Decodability = 'decodable' | 'unknown' | 'not installed';

/**
 * Whether images of this format can be decoded here. Throws an `ImageError` about `name` where the decoder cannot be asked.
 */
export async function decodabilityOf(format: Format, name: string): Promise<Decodability> {
  const formats = await knownFormats().catch((error: unknown) => {
    throw error instanceof ImageError ? error.about(name) : error;
  });
  if (Object.keys(formats).length === 0) return 'not installed';
  const extensions = formats[format.sharp ?? ''];
  const extension = distinguishing[format.mimeType];
  if (extensions === undefined) return 'unknown';
  return extension === undefined || extensions.includes(extension) ? 'decodable' : 'unknown';
}

/**
 * HEIC and AVIF share one decoder, whose extensions tell which of the two it was built for:
 * https://sharp.pixelplumbing.com/install/#custom-libvips
 */
const distinguishing: Readonly<Record<string, string>> = {
  'image/avif': '.avif',
  'image/heic': '.heic',
  'image/heif': '.heic',
};

let asked: Promise<FormatsReply['formats']> | undefined;

/** Asked once: what is installed does not change while a program runs. */
function knownFormats(): Promise<FormatsReply['formats']> {
  asked ??= askDecoder({ kind: 'formats', bytes: 0 }, [], formatsIn, { timeoutMs: 30_000 });
  asked.catch(() => {
    asked = undefined;
  });
  return asked;
}

function formatsIn(reply: Reply): FormatsReply['formats'] {
  if (reply.kind !== 'formats') throw new Error('another reply than that to the question');
  return reply.formats;
}

/**
 * Makes an image one that the API takes, without visible loss and no larger than `maxEdge`; undefined where it is that
 * already. The result is upright, still, in sRGB and without metadata. Throws an `ImageError` when it cannot be decoded, and
 * an `AbortedError`.
 */
export async function reencode(
  image: ByteSource,
  format: Format,
  { name, maxEdge, ...limits }: ReencodeOptions,
): Promise<Reencoded | undefined> {
  try {
    const { mimeType, sendable, sharp } = format;
    if (sharp === undefined || (await decodabilityOf(format, name)) !== 'decodable')
      throw notSupported(format);
    if (image.bytes > maxBodyBytes) throw tooLarge();
    const facts = { mimeType, sendable, sharp };
    const request = { kind: 'convert', bytes: image.bytes, format: facts, maxEdge } as const;
    const outcome = await askDecoder(request, image.open(), (reply, body) => take(reply, body, name), limits);
    if (outcome instanceof ImageError) throw outcome;
    return outcome;
  } catch (error) {
    throw error instanceof ImageError ? error.about(name) : error;
  }
}

/** Keeps the image where it takes no memory until it is sent. A failure that the decoder foresees is no reason to end it. */
async function take(
  reply: Reply,
  body: AsyncIterable<Uint8Array>,
  name: string,
): Promise<Reencoded | ImageError | undefined> {
  if (reply.kind === 'unchanged') return undefined;
  if (reply.kind === 'failed') {
    return new ImageError(shortLine(reply.message), {
      hint: shortLine(reply.hint),
      cause: new Error(reply.detail),
    });
  }
  if (reply.kind !== 'converted') throw new Error('another reply than that to the question');
  const readable = await spool(body, name, { maxBytes: maxBodyBytes, inspect: async () => undefined });
  return { readable, mimeType: reply.mimeType, changes: reply.changes.map((change) => shortLine(change)) };
}

function tooLarge(): ImageError {
  return new ImageError(`too large to decode (at most ${maxBodyBytes / 1024 ** 2} MiB)`, {
    hint: 'Save it at a smaller size.',
  });
}

function notSupported(format: Format): ImageError {
  return new ImageError(`${format.name}, which cannot be decoded here`, {
    hint: 'Save it as PNG, JPEG or WebP.',
  });
}
