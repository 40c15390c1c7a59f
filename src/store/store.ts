import type { Kept, Result } from '../result.ts';

/** Where answers are kept beyond the run. */
export interface Store {
  /** Whether it goes by the bytes of images, so that the same bytes are asked about once. */
  readonly needsKeys: boolean;
  /** Whether others may be asked about while an answer is written, since several are written to the disk at once. */
  readonly makesRoom: boolean;
  /** What is known of an image's answer; undefined where there is something to ask. Changes nothing. */
  look(image: string, key: string): Known | undefined;
  /** The same, and makes sure that the answer is kept under the image's name; throws where it could not be. */
  recall(image: string, key: string): Promise<Known | undefined>;
  /** What images share that must not be asked about at the same time, since one answer serves both; empty for none. */
  placeOf(image: string, key: string): string;
  /** Makes sure of a place for the answer, before anything is paid for. Throws where there is none. */
  claim(image: string): Promise<void>;
  /**
   * Keeps an answer, or a failure; resolves once that is done, with how far it came and, where it could not be kept as it was
   * to be, with why not: then nothing more can be. Throws a `NoAnswerError` for an answer that is too long.
   */
  keep(image: string, key: string, result: Result): Promise<Keeping>;
  /** Gives up a place that was claimed, if it was not used. */
  release(image: string): void;
}

/** What is known of an answer, however old. */
export type Known = Pick<Kept, 'isCutOff'>;

/** What came of keeping a result. */
export interface Keeping {
  /** Everywhere it was to be; not everywhere; not at all, so that whoever takes it has the only copy. Undefined where it was to be kept nowhere. */
  readonly kept?: 'all' | 'partly' | 'not' | undefined;
  /** Why nothing more can be kept. */
  readonly error?: unknown;
}

/** Whoever takes an answer has the only copy. */
export const nowhere: Store = {
  needsKeys: false,
  makesRoom: false,
  look: () => undefined,
  recall: async () => undefined,
  placeOf: () => '',
  claim: async () => undefined,
  keep: async () => ({}),
  release: () => undefined,
};
