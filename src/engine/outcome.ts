import type { DescribeImageError, ImageError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import type { Description } from '../types.ts';

/** What became of one image. */
export type Outcome = { readonly name: string } & (
  | ({
      readonly kind: 'answered';
      readonly description: Description;
      /** The reply as it came, where that was wanted. */
      readonly body: Uint8Array;
      /** Whether it is kept where it was to be; undefined where it was to be kept nowhere. */
      readonly kept?: Keeping | undefined;
    } & Kept)
  | ({ readonly kind: 'kept' } & Kept)
  /** Not asked about, or asked in vain by the request that showed that all would fail. */
  | { readonly kind: 'notTried' }
  | { readonly kind: 'failed'; readonly error: DescribeImageError }
);

/** Kept everywhere it was to be; kept, though not everywhere; or not, so that whoever takes it has the only copy. */
export type Keeping = 'all' | 'partly' | 'not';

/** What a batch hands on of each image: of an answer that is kept elsewhere, nothing that takes memory. */
export type Yielded = Outcome | ({ readonly name: string; readonly kind: 'stored' } & Kept);

/** What is known of an answer, however old. */
export interface Kept {
  /** Whether its text was cut off at the token limit. */
  readonly isCutOff: boolean;
}

/** An image that was found, or the reason why it was not. */
export type Candidate =
  | { readonly name: string; readonly input: ImageInput }
  | { readonly name: string; readonly error: ImageError };

/** Where answers are kept beyond the run. */
export interface Archive {
  /** Whether it goes by the bytes of images, so that the same bytes are asked about once. */
  readonly needsKeys: boolean;
  /** Whether others may be asked about while an answer is written, since several are brought to the disk at once. */
  readonly makesRoom: boolean;
  /** What is known of an image's answer; undefined where there is something to ask. Changes nothing. */
  look(name: string, key: string): Kept | undefined;
  /** The same, and sees to it that the answer is kept under the image's name; throws where it could not be. */
  recall(name: string, key: string): Promise<Kept | undefined>;
  /** What images share that must not be asked about at the same time, since one answer serves both; empty for none. */
  placeOf(name: string, key: string): string;
  /** Makes sure of a place for the answer, before anything is paid for. Throws where there is none. */
  claim(name: string): Promise<void>;
  /**
   * Keeps an answer, or a failure; resolves once that is done, with how far it came and, where it could not be kept as it was
   * to be, with why not: then nothing more can be. Throws a `NoAnswerError` for an answer that is too long.
   */
  keep(outcome: Outcome, key: string): Promise<{ readonly kept?: Keeping; readonly error?: unknown }>;
  /** Gives up a place that was claimed, if it was not used. */
  release(name: string): void;
}
