import type { DescribeImageError, ImageError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import type { Description } from '../types.ts';

/** What became of one image. */
export type Outcome = { readonly name: string } & (
  | { readonly kind: 'answered'; readonly description: Description; readonly body: Uint8Array }
  | { readonly kind: 'kept' }
  /** Not asked about, or asked in vain by the request that showed that all would fail. */
  | { readonly kind: 'notTried' }
  | { readonly kind: 'failed'; readonly error: DescribeImageError }
);

/** An image that was found, or the reason why it was not. */
export type Candidate =
  | { readonly name: string; readonly input: ImageInput }
  | { readonly name: string; readonly error: ImageError };

/** Where answers are kept beyond the run. */
export interface Archive {
  /** Whether it goes by the bytes of images, so that the same bytes are asked about once. */
  readonly needsKeys: boolean;
  /** Whether there is nothing to ask about an image; changes nothing. */
  knows(name: string, key: string): boolean;
  /** Sees to it that what is known of an image is kept under its name, if there is nothing to ask; throws where its answer could not be kept. */
  isKept(name: string, key: string): Promise<boolean>;
  /** Keeps an answer, or a failure; resolves once it is kept. Throws an `OutputError`. */
  keep(outcome: Outcome, key: string): Promise<void>;
}
