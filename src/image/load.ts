import { extname } from 'node:path';
import { ImageError, type Sentence } from '../errors.ts';
import { type FitOptions, fitToSend, refuseUnsendable } from './fit.ts';
import type { Dimensions } from './formats/image-format.ts';
import { readerOf } from './formats/readers.ts';
import { type OpenOptions, openSource } from './open.ts';
import type { OpenedSource, Source } from './source.ts';
import { type Decision, decideType, type Head } from './type.ts';

/** One image whose type is known and whose bytes can be read as often as an attempt needs them. */
export interface Image {
  /** What the person called it; used in messages. */
  readonly name: string;
  /** The declared type, read from the bytes unless somebody overrode it. */
  readonly mimeType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** What was odd about it, one sentence each. */
  readonly warnings: readonly Sentence[];
  /** What was done to it before it is sent, a few words each: "converted from image/gif to image/png". */
  readonly changes: readonly string[];
  /**
   * Reads the image from its start, in pieces that hold until the next one is asked for, `bytes` bytes in all.
   * Throws an `ImageError` when the source no longer is what it was.
   */
  open(): AsyncIterable<Uint8Array>;
  /** As the header tells, of the image as it is sent; undefined where it does not tell. */
  readonly dimensions: Dimensions | undefined;
  /** Lets go of what was kept to read it again; nothing may be read after that. */
  close(): void;
}

/** How an image is to be read and changed before it is sent. */
export interface LoadOptions extends OpenOptions, FitOptions {
  /** Declares this type instead of the one the bytes show, and sends whatever the file holds. */
  readonly mimeType?: string | undefined;
}

/**
 * Learns what an image is from its first bytes and its size; the rest stays where it is until it is sent.
 * Throws an `ImageError` when it cannot be read or is of a kind the API does not take, and an `AbortedError`.
 */
export async function loadImage(source: Source, options: LoadOptions): Promise<Image> {
  const opened = await openImage(source, options);
  const { name, readable } = opened;
  try {
    if (readable.bytes === 0)
      throw new ImageError('empty, 0 bytes', { hint: 'Save or download it again.' }).about(name);
    const decision = await decide(opened, (length) => readable.readAt(0, length), options);
    const fitted = await fitToSend(readable, name, decision, options);
    return {
      name,
      mimeType: fitted.mimeType,
      bytes: fitted.readable.bytes,
      warnings: await warningsAbout(opened, decision),
      changes: fitted.changes,
      open: fitted.readable.open,
      dimensions: fitted.dimensions,
      close: () => {
        fitted.readable.close();
        readable.close();
      },
    };
  } catch (error) {
    readable.close();
    throw error;
  }
}

/** An image that is cut short may still be answered, and hardly as it was meant. */
async function warningsAbout(
  { name, readable }: OpenedSource,
  { format, warning }: Decision,
): Promise<string[]> {
  const warnings = warning === undefined ? [] : [warning];
  if (!format?.sendable) return warnings;
  const reader = await readerOf(format.mimeType);
  const end = reader?.endsAt(readable) ?? 0;
  if (end <= readable.bytes) return warnings;
  return [...warnings, `${name} is cut short: the end of ${format.name} is missing`];
}

/**
 * Makes an image's bytes ready to be read, and no more: what comes as a stream is read and kept.
 * Throws an `ImageError` when they cannot be read, or where a stream begins with what is no image, and an `AbortedError`.
 */
export async function openImage(source: Source, options: LoadOptions): Promise<OpenedSource> {
  if (source.kind === 'opened') return source;
  const { name } = source;
  const isFile = source.kind === 'file';
  const extension = isFile ? extname(name) : '';
  const { readable, claimed } = await openSource(source, options, (head, said) =>
    decide({ name, isFile, extension, claimed: said }, () => head, options),
  );
  return { kind: 'opened', name, isFile, extension, readable, claimed };
}

async function decide(
  { name, isFile, extension, claimed }: Omit<OpenedSource, 'kind' | 'readable'>,
  head: Head,
  options: LoadOptions,
): Promise<Decision> {
  const decision = await decideType(name, head, { override: options.mimeType, extension, claimed });
  await refuseUnsendable(name, decision, options, isFile);
  return decision;
}
