import type { IncomingHttpHeaders } from 'node:http';

export interface EmulatorOptions {
  /** Address to listen on; 127.0.0.1 unless given. */
  readonly host?: string | undefined;
  /** Port to listen on; any free one unless given. */
  readonly port?: number | undefined;
  /** Path before the version, such as `/gateway`; none unless given. */
  readonly basePath?: string | undefined;
  /** Keys and tokens that are accepted; any that is not empty unless given. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Models that are known beside the usual ones. */
  readonly models?: readonly string[] | undefined;
  /** Largest request body; 100 MiB unless given. */
  readonly bodyLimitBytes?: number | undefined;
  /** Whether every request needs a queued reply, as in tests. */
  readonly isStrict?: boolean | undefined;
  /** What a request without a queued reply gets; an honest answer unless given. */
  readonly otherwise?: Reply | undefined;
  /** Milliseconds to wait before every answer. */
  readonly delayMs?: number | undefined;
  /** Milliseconds to wait between two events of a stream, which are then sent one by one; none unless given. */
  readonly streamDelayMs?: number | undefined;
  /** Whether `requests` is kept; true unless given. */
  readonly isRecording?: boolean | undefined;
  /** Bytes of recorded bodies that are kept in memory; 64 MiB unless given. */
  readonly maxRecordedBytes?: number | undefined;
  /** Told of each request once it is known what it will be answered. */
  readonly onRequest?: ((request: RecordedRequest) => void) | undefined;
}

/** A running emulator. */
export interface Emulator {
  /** Where it listens: `http://127.0.0.1:41234`, with the base path where there is one. */
  readonly url: string;
  /**
   * The last 10,000 requests in the order of arrival; one that is still arriving is filled in as it does. When all bodies
   * together exceed `maxRecordedBytes`, `body`, `json` and `images` of the oldest are emptied, but never those of the newest.
   */
  readonly requests: readonly RecordedRequest[];
  /** Puts replies into the queue; each is for one request. */
  enqueue(...replies: Reply[]): void;
  /** Throws an error that lists what went wrong: bad requests, requests without a reply, replies left over. */
  verify(): void;
  /** Stops at once, open connections included. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RecordedRequest {
  readonly method: string;
  /** Path and query, with the key as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as they arrived. */
  readonly body: Buffer;
  /** The body parsed as JSON whenever it is read; undefined where it is none. */
  readonly json: unknown;
  /** The images that could be decoded. */
  readonly images: readonly ImageFacts[];
  /** Why the real service would have refused it. */
  readonly problem?: Refusal | undefined;
  /** HTTP status of the answer; 0 where there is none. */
  readonly status: number;
  /** Set when the client hung up before its declared end. */
  readonly aborted?: boolean | undefined;
}

/** What is known of an image that arrived. */
export interface ImageFacts {
  readonly mimeType: string;
  readonly bytes: number;
  readonly sha256: string;
  /** In pixels; undefined where the header does not tell. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** An error as the service words it. */
export interface Refusal {
  /** HTTP status. */
  readonly code: number;
  /** The service's own name for it, such as `INVALID_ARGUMENT`. */
  readonly status: string;
  readonly message: string;
  readonly details?: readonly object[];
}

/** What one request gets. */
export type Reply = HonestReply | CannedReply;

interface Timing {
  /** Waits for this first, so that tests pass no time. */
  readonly after?: Promise<unknown> | undefined;
  /** Waits so many milliseconds first. */
  readonly delayMs?: number | undefined;
}

/**
 * Checks the request as the service does, and refuses it or says what arrived; where a schema is asked for, in the smallest
 * value that fits it.
 */
export interface HonestReply extends Timing {
  readonly isHonest: true;
  /** The answer instead of the honest one, or what to make of that. */
  readonly text?: string | ((text: string) => string) | undefined;
  /** `STOP` unless given. */
  readonly finishReason?: string | undefined;
  /** Fewest items of a list whose schema has no `minItems`; none unless given. */
  readonly minItems?: number | undefined;
  /** Answers a stream with 405, as a gateway without streaming does. */
  readonly isWithoutStreams?: boolean | undefined;
}

/** A reply that is the same whatever was asked. */
export interface CannedReply extends Timing {
  readonly isHonest?: never;
  /** HTTP status; 200 unless given. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text, bytes, or what is to be written as JSON; an answer in JSON is sent as a stream where the request asks for one. */
  readonly body?: string | Uint8Array | object | undefined;
  /** Pieces that are written one by one, instead of `body`; a character may be split between two. */
  readonly chunks?: readonly (string | Uint8Array)[] | undefined;
  /** Destroys the connection at that point. */
  readonly cut?: 'before-headers' | 'in-headers' | 'in-body' | undefined;
  /** Text that is sent in place of the second half of a JSON body, or of the later events of a stream. */
  readonly insteadOfRest?: string | undefined;
  /** Answers as soon as the headers are in, without the body, and closes. */
  readonly isEarly?: boolean | undefined;
  /** Never answers. */
  readonly hang?: boolean | undefined;
}

/** A way to go wrong. */
export interface Fault {
  /** What happens, in one line. */
  readonly about: string;
  readonly reply: Reply;
}
