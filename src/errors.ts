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

interface Details {
  /** What to do next, in one line. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Every failure this package foresees. `message` says what happened and to what; `hint` says what to do next. */
export abstract class DescribeImageError extends Error {
  abstract readonly kind: FailureKind;
  hint: string | undefined;
  /** The image it happened to, where there was one. */
  image: string | undefined;

  constructor(message: string, { hint, cause }: Details = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.hint = hint;
  }

  /** Names the image in the message, unless it is named already. */
  about(image: string): this {
    if (this.image === undefined) {
      this.image = image;
      this.message = `${image}: ${this.message}`;
    }
    return this;
  }
}

/** An option, operand or setting cannot be used as given. */
export class UsageError extends DescribeImageError {
  readonly kind = 'usage';
}

/** The image cannot be read, or is of a kind the API does not take. */
export class ImageError extends DescribeImageError {
  readonly kind = 'image';
  /** Whether another attempt can help, as with a download that was cut off. */
  readonly retryable: boolean;
  /** How long the server of a download asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
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
  /** HTTP status; undefined when nothing was sent. */
  readonly status: number | undefined;

  constructor(message: string, details: Details & { readonly status?: number } = {}) {
    super(message, details);
    this.status = details.status;
  }
}

/** What an API error says, beyond its sentence. */
export interface ApiErrorFacts {
  /** HTTP status. */
  readonly status: number;
  /** The API's own name for it, such as `RESOURCE_EXHAUSTED`. */
  readonly apiStatus?: string | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether another attempt can help. */
  readonly retryable: boolean;
  /** Whether every other request would fail in the same way, as where the credit of the account is used up. */
  readonly concernsAll?: boolean;
  /** Whether the request was larger than the server takes. */
  readonly isTooLarge?: boolean;
}

/** The API, or a gateway before it, answered with an error or with something that is no answer of this API. */
export class ApiError extends DescribeImageError {
  readonly kind = 'api';
  readonly status: number;
  readonly apiStatus: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;
  readonly concernsAll: boolean;
  readonly isTooLarge: boolean;

  constructor(message: string, facts: ApiErrorFacts & Details) {
    super(message, facts);
    this.status = facts.status;
    this.apiStatus = facts.apiStatus;
    this.retryAfterMs = facts.retryAfterMs;
    this.retryable = facts.retryable;
    this.concernsAll = facts.concernsAll ?? false;
    this.isTooLarge = facts.isTooLarge ?? false;
  }
}

/** No complete answer came over the network. */
export class NetworkError extends DescribeImageError {
  readonly kind = 'network';
  /** Node's code, such as `ECONNREFUSED`, or `TIMEOUT`. */
  readonly code: string;
  /** Whether another attempt can help. */
  readonly retryable: boolean;

  constructor(message: string, facts: Details & { readonly code: string; readonly retryable: boolean }) {
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
  /** What came of an answer before it was blocked, exactly as it came; undefined where nothing did. */
  readonly partialText: string | undefined;
  /** Whether another attempt can help. */
  readonly retryable: boolean;

  constructor(
    message: string,
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
}

/** The answer is there and cannot be written. */
export class OutputError extends DescribeImageError {
  readonly kind = 'output';
}

/** The caller's AbortSignal was raised. */
export class AbortedError extends DescribeImageError {
  readonly kind = 'aborted';
}
