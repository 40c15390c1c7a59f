import { changed, inBackticks, type OptionNaming, type Sentence, say, worded } from './sentence.ts';

/** Kinds of failure, one per class below; the command line gives each an exit code. */
export type FailureKind =
  | 'usage'
  | 'image'
  | 'credential'
  | 'api'
  | 'network'
  | 'no-answer'
  | 'output'
  | 'aborted';

/** What every failure can be told. */
interface Details {
  /** What to do next, in one line. */
  readonly hint?: Sentence | undefined;
  /** HTTP status, where there was a reply. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** A failure as JSON tells it. */
export interface FailureRecord {
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint: string | null;
  /** HTTP status, where there was a reply. */
  readonly status: number | null;
  /** Text that arrived before the answer was blocked; absent if there is none. */
  readonly partialText?: string;
}

/** Every failure this package foresees. `message` says what happened and to what; `hint` says what to do next. */
export abstract class DescribeImageError extends Error {
  abstract readonly kind: FailureKind;
  /** The image at fault, if there is one. */
  image: string | undefined;
  /** HTTP status; undefined where there was no reply. */
  readonly status: number | undefined;
  #message: Sentence;
  #hint: Sentence | undefined;

  constructor(message: Sentence, { hint, status, cause }: Details = {}) {
    super(worded(message), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.status = status;
    this.#message = message;
    this.#hint = hint;
  }

  /** What to do next, in one line. */
  get hint(): string | undefined {
    return this.#hint === undefined ? undefined : worded(this.#hint);
  }

  /** The message, with options as values. */
  get sentence(): Sentence {
    return this.#message;
  }

  /** The hint, with options as values. */
  get advice(): Sentence | undefined {
    return this.#hint;
  }

  set advice(hint: Sentence | undefined) {
    this.#hint = hint;
  }

  /** Message and hint, with options named as the reader knows them. */
  say(naming: OptionNaming): { readonly message: string; readonly hint: string | undefined } {
    return {
      message: worded(this.#message, naming),
      hint: this.#hint === undefined ? undefined : worded(this.#hint, naming),
    };
  }

  /** The failure as data, with options named as the reader knows them. */
  record(naming: OptionNaming): FailureRecord {
    const { message, hint } = this.say(naming);
    return { kind: this.kind, message, hint: hint ?? null, status: this.status ?? null };
  }

  /** What `JSON.stringify` shows: an `Error` as such would be `{}`. */
  toJSON(): FailureRecord {
    return this.record(inBackticks);
  }

  /** Names the image in the message, unless it is named already. */
  about(image: string): this {
    if (this.image === undefined) {
      this.image = image;
      this.#message = say`${image}: ${this.#message}`;
      this.message = worded(this.#message);
    }
    return this;
  }

  /** Says message and hint in other words, such as without a key. */
  reword(change: (text: string) => string): this {
    this.#message = changed(this.#message, change);
    this.#hint = this.#hint && changed(this.#hint, change);
    this.message = worded(this.#message);
    return this;
  }
}

/** An option, operand or setting cannot be used as given. */
export class UsageError extends DescribeImageError {
  readonly kind = 'usage';
}

/** The image cannot be read, or its format is not supported. */
export class ImageError extends DescribeImageError {
  readonly kind = 'image';
  /** Whether another attempt can help, as with a download that was cut off. */
  readonly retryable: boolean;
  /** Delay that the server of a download requests, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: Sentence,
    facts: Details & { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, facts);
    this.retryable = facts.retryable ?? false;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** There is no API key, or the API refused it. */
export class CredentialError extends DescribeImageError {
  readonly kind = 'credential';
}

/** Facts of an API error. */
export interface ApiErrorFacts {
  /** HTTP status. */
  readonly status: number;
  /** The API's own name for it, such as `RESOURCE_EXHAUSTED`. */
  readonly apiStatus?: string | undefined;
  /** Delay that the server requests, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether another attempt can help. */
  readonly retryable: boolean;
  /** Whether every other request would fail in the same way, for example because the credit is used up. */
  readonly concernsAll?: boolean;
  /** Whether the request was larger than the server accepts. */
  readonly isTooLarge?: boolean;
}

/** The API, or a gateway before it, answered with an error or with something that is not a response of this API. */
export class ApiError extends DescribeImageError {
  readonly kind = 'api';
  readonly apiStatus: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;
  readonly concernsAll: boolean;
  readonly isTooLarge: boolean;

  constructor(message: Sentence, facts: ApiErrorFacts & Details) {
    super(message, facts);
    this.apiStatus = facts.apiStatus;
    this.retryAfterMs = facts.retryAfterMs;
    this.retryable = facts.retryable;
    this.concernsAll = facts.concernsAll ?? false;
    this.isTooLarge = facts.isTooLarge ?? false;
  }
}

/** No complete reply arrived over the network. */
export class NetworkError extends DescribeImageError {
  readonly kind = 'network';
  /** Node's code, such as `ECONNREFUSED`, or `TIMEOUT`. */
  readonly code: string;
  /** Whether another attempt can help. */
  readonly retryable: boolean;

  constructor(message: Sentence, facts: Details & { readonly code: string; readonly retryable: boolean }) {
    super(message, facts);
    this.code = facts.code;
    this.retryable = facts.retryable;
  }
}

/** The API answered, but with no usable text: the prompt or the answer was blocked, or there were no parts. */
export class NoAnswerError extends DescribeImageError {
  readonly kind = 'no-answer';
  /** `finishReason` or `blockReason`; undefined where the API gave none. */
  readonly reason: string | undefined;
  /** Text that arrived before the answer was blocked; undefined if there is none. */
  readonly partialText: string | undefined;
  /** Whether another attempt can help. */
  readonly retryable: boolean;

  constructor(
    message: Sentence,
    facts: Details & {
      readonly reason: string | undefined;
      readonly partialText?: string | undefined;
      readonly retryable: boolean;
    },
  ) {
    super(message, facts);
    this.reason = facts.reason;
    this.partialText = facts.partialText;
    this.retryable = facts.retryable;
  }

  override record(naming: OptionNaming): FailureRecord {
    const { partialText } = this;
    return { ...super.record(naming), ...(partialText !== undefined && { partialText }) };
  }
}

/** The answer arrived and cannot be written. */
export class OutputError extends DescribeImageError {
  readonly kind = 'output';
}

/** The caller's signal was aborted. */
export class AbortedError extends DescribeImageError {
  readonly kind = 'aborted';
}

/** Any failure, told apart by its `kind`. */
export type Failure =
  | UsageError
  | ImageError
  | CredentialError
  | ApiError
  | NetworkError
  | NoAnswerError
  | OutputError
  | AbortedError;

/** The system's name for an error, such as `ENOENT`; empty for other errors. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
