import { type Endpoint, generateEndpoint } from '../api/endpoint.ts';
import { buildRequest, maxImages, type RequestPieces, streamBody } from '../api/request.ts';
import { ImageError, UsageError } from '../errors.ts';
import type { RequestBody } from '../http/exchange.ts';
import { type AttemptOptions, withRetries } from '../http/retry.ts';
import { adviceOnSize } from '../image/fit.ts';
import { type Image, type LoadOptions, loadImage, openImage } from '../image/load.ts';
import { type OpenedSource, parseSource } from '../image/source.ts';
import { defaults } from '../options/table.ts';
import type { Asked } from '../result.ts';
import { option, say } from '../sentence.ts';
import type { DescribeOptions, Job, Tools } from './tools.ts';

/** Makes the images ready to be read. Only a download can fail now and succeed a second later. */
export async function openAll(job: Job, { options, effects, redact }: OpenTools): Promise<OpenedSource[]> {
  const { length } = job.inputs;
  if (length === 0) throw new UsageError('no image given', { hint: 'Pass at least one.' });
  if (length > maxImages) {
    throw new UsageError(`${length} images together, but a request can hold at most ${maxImages}`, {
      hint: 'Use fewer images.',
    });
  }
  const opened: OpenedSource[] = [];
  try {
    for (const input of job.inputs) {
      const source = sourceOf(input, job);
      const open = () => openImage(source, loadOptions(options));
      opened.push(
        source.kind === 'url' ? await withRetries(open, attempts(options, redact), effects) : await open(),
      );
    }
    return opened;
  } catch (error) {
    for (const { readable } of opened) readable.close();
    throw error;
  }
}

type OpenTools = Pick<Tools, 'options' | 'effects' | 'redact'>;

/** What is wrong with one name of many is wrong with it alone. */
function sourceOf(input: Job['inputs'][number], { isOneOfMany }: Job) {
  try {
    return parseSource(input);
  } catch (error) {
    // What is no name at all is a mistake in the program that calls.
    if (!isOneOfMany || typeof input !== 'string' || !(error instanceof UsageError)) throw error;
    throw new ImageError(error.sentence, { hint: error.advice, cause: error });
  }
}

function loadOptions(options: DescribeOptions): LoadOptions {
  const { mimeType, convert = true, maxEdge, stripMetadata = false, proxyFor, onDownload, signal } = options;
  const { timeoutMs = defaults.timeoutMs, maxRequestBytes = defaults.maxRequestBytes } = options;
  // What is scaled down may be larger than a request before.
  const maxBytes = maxEdge === undefined ? maxRequestBytes : Math.max(maxRequestBytes, 1024 ** 3);
  return {
    mimeType,
    convert,
    maxEdge,
    stripMetadata,
    maxBytes,
    timeoutMs,
    proxyFor,
    onDownload,
    signal,
  };
}

/** A request that is ready to be sent. */
export interface PreparedRequest extends Pick<Asked, 'prompt' | 'model'> {
  readonly images: readonly Image[];
  /** The request as JSON with a gap for each image. */
  readonly pieces: RequestPieces;
  readonly body: RequestBody;
  readonly endpoint: Endpoint;
}

/** Recognises the images, makes them fit and writes the request; sends nothing. */
export async function prepare(
  sources: readonly OpenedSource[],
  options: DescribeOptions,
): Promise<PreparedRequest> {
  const { prompt, model } = question(options);
  const endpoint = generateEndpoint(model, options.apiKey, options);
  const images: Image[] = [];
  for (const source of sources) images.push(await loadImage(source, loadOptions(options)));
  const pieces = buildRequest(images, { ...options, prompt });
  const body = streamBody(pieces);
  const { maxRequestBytes = defaults.maxRequestBytes } = options;
  if (body.length > maxRequestBytes) throw tooLarge(body.length, images, maxRequestBytes);
  return { images, prompt, model, pieces, body, endpoint };
}

function tooLarge(bytes: number, images: readonly Image[], maxBytes: number): ImageError {
  const [size, limit] = [bytes, maxBytes].map((count) => count.toLocaleString('en'));
  return new ImageError(`the request would be ${size} bytes, more than the limit of ${limit}`, {
    hint: say`${adviceOnSize(images, maxBytes / bytes)} Or raise ${option('maxRequestBytes')}.`,
  }).about(nameOf(images));
}

/** How often and how long to try. */
export function attempts(options: DescribeOptions, redact: (text: string) => string): AttemptOptions {
  const { retries = defaults.retries, maxWaitMs = defaults.maxWaitMs, signal, onRetry } = options;
  return { retries, maxWaitMs, redact, signal, onRetry };
}

/** What is asked, and which model, where nothing else is said. */
export function question({ prompt = defaults.prompt, model = defaults.model }: DescribeOptions) {
  return { prompt, model };
}

/** What messages call the images of a request. */
export function nameOf(images: readonly Image[]): string {
  return images.length === 1 ? (images[0]?.name ?? '') : `${images.length} images`;
}
