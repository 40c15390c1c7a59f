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
  /** What was done to it before it is sent, a few words each: "converted from image/gif to image/png". */
  readonly changes: readonly string[];
  /**
   * Reads the image from its start, in pieces that hold until the next one is asked for, `bytes` bytes in all.
   * Throws an `ImageError` when the source no longer is what it was.
   */
  open(): AsyncIterable<Uint8Array>;
  /** As the header tells, of the image as it is sent; undefined where it does not tell. */
  readonly dimensions: Dimensions | undefined;
  /** Lets go of what was kept to read it again; nothing may be read after that. */
  close(): void;
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

/** What the model said, and what the API said about it. */
export interface Answer {
  /** All text parts joined, thoughts left out, exactly as they came. */
  readonly text: string;
  /**
   * Why the model stopped: `STOP`, `MAX_TOKENS` where the text was cut off at the token limit, … (an open set); undefined
   * where the API does not say.
   */
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
  /** HTTP status; undefined where there was no reply. */
  readonly status: number | undefined;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How many attempts there are at most. */
  readonly attempts: number;
  readonly delayMs: number;
  /** When the next attempt starts. */
  readonly resumesAt: Date;
}

/** An image as it was sent. */
export interface SentImage {
  readonly image: string;
  readonly mimeType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** As stored, in pixels; undefined where the header does not tell. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** How it is turned to be upright, as EXIF numbers it; 1 is upright. */
  readonly orientation: number | undefined;
  /** What was done to it before, a few words each. */
  readonly changes: readonly string[];
}

interface Answered extends Answer {
  readonly prompt: string;
  /** The model that was asked. */
  readonly model: string;
  /** From the start of the work to the answer, waits included. */
  readonly elapsedMs: number;
  readonly warnings: readonly string[];
}

/** An answer and what it is the answer to. */
export interface Description extends Answered, SentImage {}

/** An answer about several images together. */
export interface JointDescription extends Answered {
  readonly images: readonly SentImage[];
}
