import type { Failure } from './errors.ts';

/** What became of one question, about one image or about several together. As JSON it is what `--json` and a journal tell. */
export type Result = Answered | CutOff | Failed | Kept | NotTried;

/** A complete answer, as far as the API tells. */
export interface Answered extends Answer {
  readonly outcome: 'answered';
}

/** An answer that ended at the token limit; its text is what came until then. */
export interface CutOff extends Answer {
  readonly outcome: 'cutOff';
}

/** No usable answer. */
export interface Failed extends Asked {
  readonly outcome: 'failed';
  readonly error: Failure;
}

/** There is an answer where answers are kept, from an earlier run or from this one. */
export interface Kept {
  readonly image: string;
  readonly outcome: 'kept';
  /** Whether it ended at the token limit, on the day it came. */
  readonly isCutOff: boolean;
  /** Whether it came in this run. */
  readonly isNew?: boolean;
}

/** Not asked about, or asked in vain by the request that showed that all would fail. */
export interface NotTried {
  readonly image: string;
  readonly outcome: 'notTried';
}

/** What was asked. */
export interface Asked {
  /** What the person called the image; left out where several were asked about together. */
  readonly image?: string;
  /** The images as they were sent, in their order; none where it did not come to that. */
  readonly images: readonly SentImage[];
  readonly prompt: string;
  /** The model that was asked. */
  readonly model: string;
}

/** What the model said, and what the API said about it. What is not known is null. */
export interface Answer extends Asked {
  /** The model that answered, which need not be the one that was asked. */
  readonly modelVersion: string | null;
  /** All text parts joined, thoughts left out, exactly as they came. */
  readonly text: string;
  /** Why the model stopped: `STOP`, `MAX_TOKENS`, … (an open set). */
  readonly finishReason: string | null;
  readonly responseId: string | null;
  readonly usage: Usage | null;
  /** From the start of the work to the answer, waits included. */
  readonly elapsedMs: number;
  /** What was odd, a sentence each. */
  readonly warnings: readonly string[];
}

/** An image as it was sent. */
export interface SentImage {
  /** What the person called it. */
  readonly image: string;
  readonly mimeType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** As stored, in pixels; null where the header does not tell. */
  readonly width: number | null;
  readonly height: number | null;
  /** How it is turned to be upright, as EXIF numbers it; 1 is upright. */
  readonly orientation: number | null;
  /** What was done to it before, a few words each: "converted from image/gif to image/png". */
  readonly changes: readonly string[];
}

/** Tokens as the API counts them; what it leaves out is 0. */
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

/** What became of a question about one image, which always names it. */
export type OfOneImage<Told extends Asked> = Told & { readonly image: string };

/** Whether there is an answer. */
export function isAnswer(result: Result): result is Answered | CutOff {
  return result.outcome === 'answered' || result.outcome === 'cutOff';
}
