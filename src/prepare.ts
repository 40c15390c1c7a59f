import { streamBody } from './api/body.ts';
import { type Endpoint, generateEndpoint } from './api/endpoint.ts';
import { type AttemptOptions, type Effects, withRetries } from './api/generate.ts';
import { buildRequest, maxImages, type RequestPieces } from './api/request.ts';
import type { DescribeOptions } from './describe-options.ts';
import { ImageError, UsageError } from './errors.ts';
import type { RequestBody } from './http/exchange.ts';
import { type LoadOptions, loadImage, openImage } from './image/load.ts';
import { type ImageInput, type OpenedSource, parseSource } from './image/source.ts';
import { checkOptions, defaults } from './options/table.ts';
import { adviceOnSize } from './size-advice.ts';
import type { Image } from './types.ts';

/** A request that is ready to be sent. */
export interface Prepared {
  readonly images: readonly Image[];
  readonly prompt: string;
  readonly model: string;
  /** The request as JSON with a gap for each image. */
  readonly pieces: RequestPieces;
  readonly body: RequestBody;
  readonly endpoint: Endpoint;
  /** Lets go of the images. */
  readonly close: () => void;
}

/** Loads the images and makes the request, and sends nothing. Throws like `describe`. */
export async function prepare(
  inputs: readonly (ImageInput | OpenedSource)[],
  options: DescribeOptions,
  effects: Effects,
): Promise<Prepared> {
  const { prompt = defaults.prompt, model = defaults.model } = options;
  checkOptions(options);
  const endpoint = endpointOf(options);
  const images: Image[] = [];
  const close = () => {
    for (const image of images) image.close();
  };
  try {
    checkNumber(inputs);
    for (const input of inputs) {
      const opened = await open(input, options, effects);
      images.push(await loadImage(opened, loadOptions(options)));
    }
    const pieces = buildRequest(images, { ...options, prompt });
    const body = streamBody(pieces);
    checkSize(body, images, options);
    return { images, prompt, model, pieces, body, endpoint, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Where the requests go. Throws like `describe` for an option that is wrong. */
export function endpointOf(options: DescribeOptions): Endpoint {
  return generateEndpoint(options.model ?? defaults.model, options.apiKey, options);
}

/** Makes an image's bytes ready to be read. Only a download can fail today and succeed a second later. */
export async function open(
  input: ImageInput | OpenedSource,
  options: DescribeOptions,
  effects: Effects,
): Promise<OpenedSource> {
  const source = parseSource(input);
  const work = () => openImage(source, loadOptions(options));
  return source.kind === 'url' ? withRetries(work, attemptOptions(options), effects) : work();
}

function loadOptions(options: DescribeOptions): LoadOptions {
  const { mimeType, convert = true, maxEdge, stripMetadata = false, proxyFor, onDownload, signal } = options;
  return {
    mimeType,
    convert,
    maxEdge,
    stripMetadata,
    mostBytes: mostStreamBytes(options),
    timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
    proxyFor,
    onDownload,
    signal,
  };
}

/** What is scaled down may be larger than a request before. */
function mostStreamBytes({ maxEdge, maxRequestBytes = defaults.maxRequestBytes }: DescribeOptions): number {
  return maxEdge === undefined ? maxRequestBytes : Math.max(maxRequestBytes, 1024 ** 3);
}

/** How often and how long to try. */
export function attemptOptions({ apiKey, signal, onRetry, ...options }: DescribeOptions): AttemptOptions {
  return {
    retries: options.retries ?? defaults.retries,
    maxWaitMs: options.maxWaitMs ?? defaults.maxWaitMs,
    apiKey,
    signal,
    onRetry,
  };
}

function checkNumber({ length }: readonly unknown[]): void {
  if (length === 0) throw new UsageError('no image was given', { hint: 'Name at least one.' });
  if (length <= maxImages) return;
  throw new UsageError(`${length} images together, and a request holds at most ${maxImages}`, {
    hint: 'Ask about fewer at a time.',
  });
}

function checkSize({ length }: RequestBody, images: readonly Image[], options: DescribeOptions): void {
  const mostBytes = options.maxRequestBytes ?? defaults.maxRequestBytes;
  if (length <= mostBytes) return;
  throw new ImageError(
    `the request would be ${length.toLocaleString('en')} bytes, more than the ${mostBytes.toLocaleString('en')} that are allowed`,
    { hint: `${adviceOnSize(images, mostBytes / length)} \`maxRequestBytes\` raises the limit.` },
  ).about(nameOf(images));
}

/** What messages call the images of a request. */
export function nameOf(images: readonly Image[]): string {
  return images.length === 1 ? (images[0]?.name ?? '') : `${images.length} images`;
}
