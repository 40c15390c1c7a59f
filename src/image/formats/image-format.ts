import { ImageError } from '../../errors.ts';
import type { Dimensions } from '../../types.ts';
import type { Readable } from '../bytes.ts';

/** What a file turned out to be, by its bytes. */
export interface Format {
  readonly mimeType: string;
  /** With its article, to stand in a sentence: "a GIF image". */
  readonly name: string;
  /** Whether the API takes it as it is. */
  readonly sendable: boolean;
  /** A command that makes a picture of it; `{in}` stands for the file. */
  readonly conversion?: string | undefined;
  /** What to do instead, where no command makes a picture of it. */
  readonly advice?: string | undefined;
  /** The key in `sharp.format` of what decodes it, though perhaps in a custom build alone. */
  readonly sharp?: string | undefined;
}

/** An image's bytes, which can be read at any place. */
export type ImageBytes = Pick<Readable, 'bytes' | 'readAt'>;

/**
 * What is read of an image's structure, without decoding it. The bytes are foreign: each method reads a bounded number of
 * parts, or each byte once. A format's own methods may throw a `RangeError` for a number that lies past the end; those that
 * `readerOf` returns throw none.
 */
export interface FormatReader {
  /** What the header says; undefined where it does not say, or makes no sense. */
  measure(image: ImageBytes): Dimensions | undefined;
  /**
   * The offset behind the image's last byte, by its own structure: less than `bytes` where something follows it, more where
   * it is certain to be cut short. Undefined where the structure does not tell, as behind the end of a thumbnail, or is not
   * followed. Reads a few bytes of a file that is complete.
   */
  endsAt(image: ImageBytes): number | undefined;
  /** Drafts the file without its metadata. Throws an `ImageError` where damage hides what is to be removed. */
  readonly strip?: ((image: ImageBytes, draft: Draft) => void) | undefined;
}

/** A file in the making, from front to back, out of ranges of another and new bytes. */
export interface Draft {
  keep(start: number, end: number): void;
  insert(bytes: Buffer): void;
  /** Says what goes, in plain words. */
  remove(...what: readonly string[]): void;
}

/** A file that cannot be followed is not sent: metadata could be left in it. */
export function damaged(how = 'the image is damaged'): ImageError {
  return new ImageError(`its metadata cannot be removed: ${how}`, {
    hint: 'Open it in an image editor, save a copy and send that.',
  });
}

/** Of chunks, segments or boxes: real files have fewer, as 80 MB of PNG in pieces of 8 KiB; a hostile one ends here. */
export const maxParts = 10_000;
