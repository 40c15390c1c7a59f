import type { Agent } from 'node:http';
import { redact as redactKey } from '../api/redact.ts';
import type { ImageError } from '../errors.ts';
import { createTransport, type HttpReply, type Transport } from '../http/exchange.ts';
import { type RetryNotice, sleep } from '../http/retry.ts';
import type { ImageInput, OpenedSource } from '../image/source.ts';
import type { LibraryOptions } from '../options/table.ts';
import { isAnswer, type Result } from '../result.ts';
import { type OptionNaming, type Sentence, worded } from '../sentence.ts';
import { type Keeping, nowhere, type Store } from '../store/store.ts';
import { createFingerprint, type Fingerprint } from './fingerprint.ts';
import type { LimiterState, Report } from './limiter.ts';

/** Options of many images alone. */
type ManyImagesOption = 'recursive' | 'concurrency' | 'requestsPerMinute' | 'failFast';

/** Options of one question; only what is set is sent to the API. */
export interface DescribeOptions extends Omit<LibraryOptions, ManyImagesOption> {
  /** The API key. It never appears in an error or a warning. */
  readonly apiKey: string;
  /** URL of the proxy for the API, credentials included; none by default. Environment variables are not read. */
  readonly proxy?: string | undefined;
  /** A Node agent, so that several calls share connections; a new connection for each attempt by default. */
  readonly agent?: Agent | undefined;
  /** Returns the proxy for the download of an image; none by default. */
  readonly proxyFor?: ((url: URL) => Promise<string | undefined>) | undefined;
  /** Ends the work at any moment with an `AbortedError` whose `cause` is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each warning; `warnings` of the answer has the same ones, and one if it was cut off. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Called before each retry. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
  /** Called with the bytes downloaded so far, and the total if the server reports it. */
  readonly onDownload?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
  /** Called with the bytes of the request sent so far, and the total. */
  readonly onUpload?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Called with each reply as it arrived, error or not. */
  readonly onReply?: ((reply: HttpReply) => void) | undefined;
}

/** Options for many images. */
export interface DescribeImagesOptions
  extends Omit<DescribeOptions, 'onRetry'>,
    Pick<LibraryOptions, ManyImagesOption> {
  /** Called before each retry, with the name of the image. */
  readonly onRetry?: ((notice: RetryNotice, image: string) => void) | undefined;
}

/** Side effects, passed in: network, clocks, randomness and waiting. */
export interface Effects {
  readonly transport: Transport;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** The time in milliseconds since 1970, to be shown; somebody may set it back at any moment. */
  readonly now: () => number;
  /** Milliseconds since some moment, by a clock that nobody sets: what spans of time are measured with. */
  readonly monotonicNow: () => number;
  /** Resolves after so many milliseconds, or rejects when the signal is raised. */
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** An image that was found, or the reason why it was not. */
export type Found = Job | (Pick<Job, 'name' | 'isOneOfMany'> & { readonly error: ImageError });

/** One question: about one image, or about several together. */
export interface Job {
  /** What messages and records call it. */
  readonly name: string;
  readonly inputs: readonly (ImageInput | OpenedSource)[];
  /** Whether the answer is about all of them, even if there is only one. */
  readonly isTogether?: boolean;
  /** Whether a name that cannot be used is a failure of this image, not of the whole run. */
  readonly isOneOfMany?: boolean;
}

/** What became of a question, and what only some readers want of it. */
export interface Told extends Keeping {
  readonly result: Result;
  /** The reply as it came, where that was wanted. */
  readonly body?: Uint8Array | undefined;
}

/** Says that something is odd; `isTold` is false where the outcome tells it as well. */
export type Warn = (sentence: Sentence, isTold?: boolean) => void;

/** What asking about one image needs, shared by all of a run. */
export interface Tools {
  readonly effects: Effects;
  readonly options: DescribeOptions;
  readonly store: Store;
  /** Puts a sentence into words, without the key. */
  readonly word: (sentence: Sentence) => string;
  /** Takes the key out of a text. */
  readonly redact: (text: string) => string;
  /** Whether replies are handed on as they came. */
  readonly keepsReplies: boolean;
  /** What answers are known by, where the store goes by the bytes of images. */
  readonly fingerprint?: Fingerprint | undefined;
  /** Raised when nothing new is to start; what is in flight is finished. */
  readonly stop?: AbortSignal | undefined;
  /** Makes a request once there is a place for it. */
  readonly place: <T>(request: (report: Report) => Promise<T>) => Promise<T>;
  /** Does a piece of work once no other for the same place of an answer is in progress. */
  readonly inTurn: <T>(place: string, work: () => Promise<T>) => Promise<T>;
}

/** Told while a run goes on. */
export interface Listener {
  readonly onLimit?: ((state: LimiterState) => void) | undefined;
  /** Told as soon as it is known what became of an image, which need not be in order. */
  readonly onResult?: ((told: Told) => void) | undefined;
}

/** A run: how to ask, and what is to come of it. */
export interface RunOptions {
  readonly options: DescribeImagesOptions;
  /** Whether there may be more than one job: then several are asked about at once, and one that fails ends nothing. */
  readonly isSeveral: boolean;
  readonly effects?: Effects | undefined;
  readonly store?: Store | undefined;
  readonly naming?: OptionNaming | undefined;
  readonly keepsReplies?: boolean | undefined;
  readonly listener?: Listener | undefined;
  /** Once it is raised, nothing new is asked, and what is in flight is finished. */
  readonly finish?: AbortSignal | undefined;
}

/** The real network, randomness and waiting, and a clock that nobody sets, in milliseconds. */
export function createEffects(monotonicNow: () => number): Effects {
  return {
    transport: createTransport(monotonicNow),
    random: Math.random,
    now: Date.now,
    monotonicNow,
    sleep,
  };
}

/** The real network, clocks and randomness. */
export const systemEffects: Effects = createEffects(() => performance.now());

/** What every question of a run shares. */
export function commonTools({
  options,
  effects = systemEffects,
  store = nowhere,
  naming,
  keepsReplies,
}: RunOptions) {
  const redact = (text: string) => redactKey(text, options.apiKey);
  return {
    effects,
    options: optionsFor('', options),
    store,
    redact,
    word: (sentence: Parameters<Tools['word']>[0]) => redact(worded(sentence, naming)),
    keepsReplies: keepsReplies ?? false,
    fingerprint: store.needsKeys ? createFingerprint(options) : undefined,
  };
}

/** The options of one question of many. */
export function optionsFor(image: string, { onRetry, ...options }: DescribeImagesOptions): DescribeOptions {
  return { ...options, onRetry: onRetry && ((notice: RetryNotice) => onRetry(notice, image)) };
}

/** Of an answer that is kept elsewhere, nothing is held that takes memory. */
export function lighter(told: Told): Told {
  const { result, kept } = told;
  if (kept !== 'all' || !isAnswer(result)) return told;
  const { image = '', outcome } = result;
  return {
    ...told,
    body: undefined,
    result: { image, outcome: 'kept', isCutOff: outcome === 'cutOff', isNew: true },
  };
}
