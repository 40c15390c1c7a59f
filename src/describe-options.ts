import type { Agent } from 'node:http';
import type { LibraryOptions } from './options/table.ts';
import type { HttpReply, RetryNotice } from './types.ts';

/** Options of many images alone. */
export type ManyImagesOption = 'recursive' | 'concurrency' | 'requestsPerMinute' | 'failFast';

export interface DescribeOptions extends Omit<LibraryOptions, ManyImagesOption> {
  /** The API key. It is sent, and never put into an error or a warning. */
  readonly apiKey: string;
  /** URL of a proxy to reach the API through, credentials included; none unless given. The environment is not looked at. */
  readonly proxy?: string | undefined;
  /** Connections to reach the API by, so that several requests share them; a new one for each attempt unless given. */
  readonly agent?: Agent | undefined;
  /** The proxy to download an image through; none unless given. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  /** Ends the work at any moment, with an `AbortedError`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told as soon as something is odd; `Description.warnings` holds the same. `isCutOff` where the answer was cut off at the
   * token limit: then it is described all the same, with `finishReason` `MAX_TOKENS`.
   */
  readonly onWarning?: ((warning: string, isCutOff: boolean) => void) | undefined;
  /** Told before each wait for another attempt. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Told how much of a download is here, in bytes; the total where the server tells. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
  /** Told how much of the request has been handed to the network, in bytes. */
  readonly onUpload?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Told of each reply as it came, error or not. */
  readonly onReply?: ((reply: HttpReply) => void) | undefined;
}
