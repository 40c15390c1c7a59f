import { ImageError } from '../errors.ts';
import type { Sentence } from '../sentence.ts';
import { fromFile, fromMemory } from './bytes.ts';
import { type Decision, type FitOptions, fitToSend, refuseUnsendable } from './fit.ts';
import { closeLookBytes, extensionsOf, sniff, sniffBytes } from './formats/fast-sniff.ts';
import type { Dimensions, Format } from './formats/image-format.ts';
import { readerOf } from './formats/readers.ts';
import { type OpenedSource, openedFile, type Source } from './source.ts';

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
  /** Releases what was kept to read it again; nothing may be read after that. */
  close(): void;
}

/** How an image is to be read and changed before it is sent. */
export interface LoadOptions extends FitOptions {
  /** Declares this type instead of the one the bytes show, and sends whatever the file holds. */
  readonly mimeType?: string | undefined;
  /** Of a stream or a download that holds more, no more is read. */
  readonly maxBytes: number;
  /** The proxy that a download goes through; none unless given. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  /** Told how much of a download is here. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
}

/**
 * Makes an image's bytes ready to be read, and no more: a file stays where it is, and what comes as a stream is read and kept.
 * Throws an `ImageError` when they cannot be read, or where a stream begins with what is no image, and an `AbortedError`.
 */
export async function openImage(source: Source, options: LoadOptions): Promise<OpenedSource> {
  const { kind, name } = source;
  const unclaimed = { kind: 'opened', name, isFile: false, extension: '', claimed: undefined } as const;
  switch (kind) {
    case 'opened':
      return source;
    case 'file':
      return openedFile(name, fromFile(source.path, name));
    case 'bytes':
      return { ...unclaimed, readable: fromMemory(source.data) };
    case 'stream':
      return keep(source.chunks, unclaimed, options);
    case 'url': {
      const { download } = await import('./download.ts');
      const { chunks, contentType } = await download(source.url, name, options);
      return keep(chunks, { ...unclaimed, claimed: contentType }, options);
    }
  }
}

/** Reads a stream to its end, unless its first bytes are no image. */
async function keep(
  chunks: AsyncIterable<Uint8Array>,
  named: Named,
  options: LoadOptions,
): Promise<OpenedSource> {
  const { spool } = await import('./spool.ts');
  const inspect = (head: Buffer) => decide(named, () => head, options);
  return { ...named, readable: await spool(chunks, named.name, { ...options, inspect }) };
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
    const warnings = await warningsAbout(opened, decision);
    readable.settle();
    return {
      name,
      mimeType: fitted.mimeType,
      bytes: fitted.readable.bytes,
      warnings,
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

/** What is known of an image before its bytes are. */
type Named = Omit<OpenedSource, 'readable'>;

/** Reads so many of an image's first bytes; fewer where it has no more. */
type Head = (length: number) => Uint8Array;

async function decide(named: Named, head: Head, options: LoadOptions): Promise<Decision> {
  const decision = await decideType(named, head, options.mimeType);
  await refuseUnsendable(named.name, decision, options, named.isFile);
  return decision;
}

/**
 * Decides the MIME type. The bytes decide; the name decides only where they say nothing; what a person declares decides over
 * both. Throws an `ImageError` for bytes that neither they themselves nor their name make an image of.
 */
async function decideType(
  { name, extension, claimed }: Named,
  head: Head,
  declared: string | undefined,
): Promise<Decision> {
  const format = sniff(head(sniffBytes)) ?? (await lookClosely(head(closeLookBytes)));
  if (declared !== undefined) return { mimeType: declared, format, isDeclared: true };
  if (format === undefined) {
    const { decideByName } = await import('./unsendable.ts');
    return { ...(await decideByName(name, extension, claimed)), format, isDeclared: false };
  }
  const decision = { mimeType: format.mimeType, format, isDeclared: false };
  const warning = await warningAboutName(name, extension, format);
  return warning === undefined ? decision : { ...decision, warning };
}

/** The table of all other formats is loaded when one is needed. */
async function lookClosely(head: Uint8Array): Promise<Format | undefined> {
  return (await import('./formats/recognise.ts')).recognise(head);
}

async function warningAboutName(
  name: string,
  extension: string,
  format: Format,
): Promise<string | undefined> {
  const { mimeType, sendable } = format;
  // The usual cases need no table of types.
  if (!sendable || extension === '' || extensionsOf[mimeType]?.includes(extension.toLowerCase()))
    return undefined;
  const { typeByExtension } = await import('./unsendable.ts');
  const expected = await typeByExtension(extension);
  return expected && `${name} is ${format.name}, but named as ${expected}; sent as ${mimeType}`;
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
  return [...warnings, `${name} is truncated: the end of ${format.name} is missing`];
}
