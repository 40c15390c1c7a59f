/** Width and height as stored in the file, in pixels. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** One image whose type is known and whose bytes can be read as often as an attempt needs them. */
export interface Image {
  /** What the person called it; used in messages. */
  readonly name: string;
  /** The declared type, read from the bytes unless somebody overrode it. */
  readonly mimeType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** What was odd about it, one sentence each. */
  readonly warnings: readonly string[];
  /**
   * Reads the image from its start, in pieces that hold until the next one is asked for, `bytes` bytes in all.
   * Throws an `ImageError` when the source no longer is what it was.
   */
  open(): AsyncIterable<Uint8Array>;
  /** Reads the dimensions from the header, without decoding; undefined where the header does not tell. */
  dimensions(): Dimensions | undefined;
}

/** How the model is to answer. Only what is set is sent. */
export interface GenerationSettings {
  /** Randomness, 0 to 2. */
  readonly temperature?: number | undefined;
  /** Nucleus sampling, 0 to 1. */
  readonly topP?: number | undefined;
  /** Sample from the k likeliest tokens, 1 or more. */
  readonly topK?: number | undefined;
  /** Longest answer in tokens, thinking included, 1 or more. */
  readonly maxOutputTokens?: number | undefined;
  /** Texts that end the answer, at most 5. */
  readonly stopSequences?: readonly string[] | undefined;
  /** A 32-bit integer that makes answers more repeatable. */
  readonly seed?: number | undefined;
  /** Tokens for thinking: 0 is off, -1 lets the model decide. Not together with `thinkingLevel`. */
  readonly thinkingBudget?: number | undefined;
  /** How much to think. Not together with `thinkingBudget`. */
  readonly thinkingLevel?: ThinkingLevel | undefined;
  /** How finely the image is looked at. */
  readonly mediaResolution?: MediaResolution | undefined;
}

export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high';
export type MediaResolution = 'low' | 'medium' | 'high';

/** How the key travels: in the URL, in `x-goog-api-key`, or in `Authorization`. */
export type Auth = 'query' | 'header' | 'bearer';

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

/** What the model said, and what the API said about it. */
export interface Answer {
  /** All text parts joined, thoughts left out, exactly as they came. */
  readonly text: string;
  /** Why the model stopped: `STOP`, `MAX_TOKENS`, … (an open set); undefined where the API does not say. */
  readonly finishReason: string | undefined;
  /** The model that answered, which need not be the one that was asked. */
  readonly modelVersion: string | undefined;
  readonly responseId: string | undefined;
  readonly usage: Usage | undefined;
}

/** One HTTP reply, read to its end. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** A failed attempt that will be followed by another. */
export interface RetryNotice {
  /** What went wrong. */
  readonly reason: string;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How many attempts there are at most. */
  readonly attempts: number;
  readonly delayMs: number;
  /** When the next attempt starts. */
  readonly resumesAt: Date;
}
