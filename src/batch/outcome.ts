import type { DescribeImageError, ImageError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import type { Description } from '../types.ts';

/** What became of one image. */
export type Outcome = { readonly name: string } & (
  | ({ readonly kind: 'answered'; readonly description: Description; readonly body: Uint8Array } & Kept)
  | ({ readonly kind: 'kept' } & Kept)
  /** Not asked about, or asked in vain by the request that showed that all would fail. */
  | { readonly kind: 'notTried' }
  | { readonly kind: 'failed'; readonly error: DescribeImageError }
);

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
  /** What is known of an image's answer; undefined where there is something to ask. Changes nothing. */
  look(name: string, key: string): Kept | undefined;
  /** The same, and sees to it that the answer is kept under the image's name; throws where it could not be. */
  recall(name: string, key: string): Promise<Kept | undefined>;
  /** Keeps an answer, or a failure; resolves once it is kept. Throws an `OutputError`. */
  keep(outcome: Outcome, key: string): Promise<void>;
}
