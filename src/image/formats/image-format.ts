import { ImageError } from '../../errors.ts';
import type { ByteSource } from '../bytes.ts';

/** Width and height as stored in the file, in pixels, and how the picture is to be turned before it is shown. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
  /**
   * EXIF's number, 1 to 8: 1 is upright, 3 upside down, 6 and 8 are a quarter turn clockwise and anticlockwise, 2, 4, 5 and
   * 7 are mirrored; from 5 on, width and height change places. 1 where the file does not tell.
   */
  readonly orientation: number;
}

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
  /** The key in `sharp.format` of what decodes it, which may need a custom build of sharp. */
  readonly sharp?: string | undefined;
}

/** An image's bytes, which can be read at any place. */
export type ImageBytes = Pick<ByteSource, 'bytes' | 'readAt'>;

/**
 * What is read from an image's structure, without decoding it. The bytes are untrusted: each method reads a bounded number
 * of parts, or each byte once. A format's own methods may throw a `RangeError` for an offset past the end; those of
 * `readerOf` do not.
 */
export interface FormatReader {
  /** What the header says; undefined where it does not say, or makes no sense. */
  measure(image: ImageBytes): Dimensions | undefined;
  /**
   * The offset just after the image's last byte, by its own structure: less than `bytes` where other data follows, more where
   * the image is certain to be truncated. Undefined where the structure does not tell or is malformed. Reads a few bytes of
   * a complete file.
   */
  endsAt(image: ImageBytes): number | undefined;
  /** Drafts the file without its metadata. Throws an `ImageError` where damage could hide metadata. */
  readonly strip?: ((image: ImageBytes, draft: Draft) => void) | undefined;
}

/** A new file, written from front to back out of ranges of another file and new bytes. */
export interface Draft {
  keep(start: number, end: number): void;
  insert(bytes: Buffer): void;
  /** Notes what is removed, for people: "EXIF", "GPS position". */
  remove(...what: readonly string[]): void;
}

/** A malformed file is not sent: metadata could remain in it. */
export function damaged(how = 'the image is damaged'): ImageError {
  return new ImageError(`its metadata cannot be removed: ${how}`, {
    hint: 'Open it in an image editor, save a copy and send that.',
  });
}

/** Bound on chunks, segments or boxes. Real files have fewer: 80 MB of PNG in chunks of 8 KiB is just below. */
export const maxParts = 10_000;
