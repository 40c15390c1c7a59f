import type { Agent } from 'node:http';
import type { EndpointSettings } from './gemini/endpoint.ts';
import { defaultModel, defaultMostRequestBytes, defaultPrompt } from './gemini/wire.ts';
import type { GenerationSettings, HttpReply, RetryNotice } from './types.ts';

export interface DescribeOptions extends GenerationSettings, EndpointSettings {
  /** The API key. It is sent, and never put into an error or a warning. */
  readonly apiKey: string;
  /** What to ask; "Describe this image." unless given. */
  readonly prompt?: string | undefined;
  /** An instruction that stands above the prompt. */
  readonly system?: string | undefined;
  /** `gemini-2.5-pro` unless given; `models/m` and `tunedModels/m` are fine too. */
  readonly model?: string | undefined;
  /** Declares this type instead of the one the bytes show, and sends the image as it is. */
  readonly mimeType?: string | undefined;
  /** Whether a format that the API does not take is converted, with the package `sharp`; true unless given. */
  readonly convert?: boolean | undefined;
  /** The longest side in pixels: what is larger is scaled down, with the package `sharp`. */
  readonly maxEdge?: number | undefined;
  /** Whether EXIF, GPS position, XMP and comments are removed; the picture itself stays as it is. */
  readonly stripMetadata?: boolean | undefined;
  /** A larger request is not sent, and no more of a stream or a download is read; 100,000,000 unless given. */
  readonly maxRequestBytes?: number | undefined;
  /** Bound on one attempt in milliseconds, and on one download; 120,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first; 3 unless given. */
  readonly retries?: number | undefined;
  /** The longest wait before another attempt, in milliseconds; 60,000 unless given. A longer one fails at once. */
  readonly maxWaitMs?: number | undefined;
  /** URL of a proxy to reach the API through, credentials included; none unless given. The environment is not looked at. */
  readonly proxy?: string | undefined;
  /** Connections to reach the API by, so that several requests share them; a new one for each attempt unless given. */
  readonly agent?: Agent | undefined;
  /** The proxy to download an image through; none unless given. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  /** Ends the work at any moment, with an `AbortedError`. */
  readonly signal?: AbortSignal | undefined;
  /** Told as soon as something is odd; `Description.warnings` holds the same. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Told before each wait for another attempt. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Told how much of a download is here, in bytes; the total where the server tells. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
  /** Told how much of the request has been handed to the network, in bytes. */
  readonly onUpload?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Told of each reply as it came, error or not. */
  readonly onReply?: ((reply: HttpReply) => void) | undefined;
}

/** What holds for an option that is not given. */
export const defaults = {
  prompt: defaultPrompt,
  model: defaultModel,
  timeoutMs: 120_000,
  retries: 3,
  maxWaitMs: 60_000,
  concurrency: 4,
  maxRequestBytes: defaultMostRequestBytes,
} as const;
