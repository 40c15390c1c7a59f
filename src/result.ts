import type { Failure } from './errors.ts';

/** The outcome of one question, about one image or about several together. `--json` and journals have it as JSON. */
export type Result = Answered | CutOff | Failed | Kept | NotTried;

/** A complete answer, according to the API. */
export interface Answered extends Answer {
  readonly outcome: 'answered';
}

/** An answer that ended at the token limit; its text is what arrived until then. */
export interface CutOff extends Answer {
  readonly outcome: 'cutOff';
}

/** No usable answer. */
export interface Failed extends Asked {
  readonly outcome: 'failed';
  readonly error: Failure;
}

/** An answer exists already, from an earlier run or from this one. */
export interface Kept {
  readonly image: string;
  readonly outcome: 'kept';
  /** Whether it ended at the token limit. */
  readonly isCutOff: boolean;
  /** Whether it arrived in this run. */
  readonly isNew?: boolean;
}

/** Not asked about, because the run ended before. */
export interface NotTried {
  readonly image: string;
  readonly outcome: 'notTried';
}

/** What was asked. */
export interface Asked {
  /** Name of the image as given; absent for several images together. */
  readonly image?: string;
  /** The images as they were sent, in order; empty if it failed before that. */
  readonly images: readonly SentImage[];
  readonly prompt: string;
  /** The model that was asked. */
  readonly model: string;
}

/** An answer of the model, with what the API reports about it. What is not known is null. */
export interface Answer extends Asked {
  /** The model that answered, which can differ from the one that was asked. */
  readonly modelVersion: string | null;
  /** All text parts joined, without thoughts, exactly as they arrived. */
  readonly text: string;
  /** Why the model stopped: `STOP`, `MAX_TOKENS`, … (an open set). */
  readonly finishReason: string | null;
  readonly responseId: string | null;
  readonly usage: Usage | null;
  /** Milliseconds from the start of the work to the answer, waits included. */
  readonly elapsedMs: number;
  /** Warnings, one sentence each. */
  readonly warnings: readonly string[];
}

/** An image as it was sent. */
export interface SentImage {
  /** Name of the image as given. */
  readonly image: string;
  readonly mimeType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** Width as stored, in pixels; null if the header does not contain it. */
  readonly width: number | null;
  readonly height: number | null;
  /** EXIF orientation; 1 is upright. */
  readonly orientation: number | null;
  /** What was changed before it was sent, such as "converted from image/gif to image/png". */
  readonly changes: readonly string[];
}

/** Token counts as the API reports them; a missing count is 0. */
export interface Usage {
  readonly promptTokenCount: number;
  /** Tokens of the answer, without thoughts. */
  readonly candidatesTokenCount: number;
  /** Tokens of thinking, billed as output. */
  readonly thoughtsTokenCount: number;
  readonly cachedContentTokenCount: number;
  readonly totalTokenCount: number;
}

/** What the reason that ended an answer says about the text that came with it. */
export type AnswerEnding = 'complete' | 'cutOff' | 'blocked' | 'doubtful';

/**
 * Reads a `finishReason`. It is an open set, and gateways write it in lower case, too:
 * https://ai.google.dev/api/generate-content#FinishReason
 *
 * @returns `complete`, also where the API does not say; `cutOff` at the token limit; `blocked` where what came is a fragment
 *   that must not pass for an answer; `doubtful` for any other reason
 */
export function endingOf(finishReason: unknown): AnswerEnding {
  const reason = typeof finishReason === 'string' ? finishReason.toUpperCase() : '';
  if (complete.has(reason)) return 'complete';
  if (reason === 'MAX_TOKENS') return 'cutOff';
  return blocked.has(reason) ? 'blocked' : 'doubtful';
}

const complete: ReadonlySet<string> = new Set(['', 'STOP', 'FINISH_REASON_UNSPECIFIED']);
const blocked: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
]);

/** A result about one image, which always has its name. */
export type OfOneImage<Told extends Asked> = Told & { readonly image: string };

/** Whether there is an answer. */
export function isAnswer(result: Result): result is Answered | CutOff {
  return result.outcome === 'answered' || result.outcome === 'cutOff';
}
