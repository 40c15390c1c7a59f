import type { Kept, Result } from '../result.ts';

/** Where answers are kept beyond the run. */
export interface Store {
  /** Whether answers are known by the bytes of images, so that the same bytes are asked about once. */
  readonly needsKeys: boolean;
  /** Whether the next image may be asked about while an answer is written: several are written to the disk at once. */
  readonly makesRoom: boolean;
  /** What is known of an image's answer; undefined where there is something to ask. Changes nothing. */
  look(image: string, key: string): Known | undefined;
  /** The same, and keeps the answer under the image's name as well; throws where it cannot be. */
  recall(image: string, key: string): Promise<Known | undefined>;
  /** The same for images that must not be asked about at the same time, since one answer serves both; empty for none. */
  placeOf(image: string, key: string): string;
  /** Reserves a place for the answer before anything is paid for. Throws where there is none. */
  claim(image: string): Promise<void>;
  /** Keeps an answer or a failure. Throws a `NoAnswerError` for an answer that is too long. */
  keep(image: string, key: string, result: Result): Promise<Keeping>;
  /** Gives up a place that was claimed and not used. */
  release(image: string): void;
}

/** What is known of an answer, however old. */
export type Known = Pick<Kept, 'isCutOff'>;

/** What came of keeping a result. */
export interface Keeping {
  /** Whether it is everywhere it was to be, only in the journal, or nowhere, so that the caller has the only copy; undefined without a place. */
  readonly kept?: 'all' | 'partly' | 'not' | undefined;
  /** Why nothing more can be kept. */
  readonly error?: unknown;
}

/** Keeps nothing: the caller has the only copy of an answer. */
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
