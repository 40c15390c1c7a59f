import { counted } from './batch-progress.ts';
import { byteSize, grouped } from './figures.ts';

/** An image as it would be sent. */
interface PreparedImage {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly changes: readonly string[];
  readonly dimensions: Dimensions | undefined;
}

interface Dimensions {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
}

/** A request that is not sent. */
export interface ShownRequest {
  readonly url: string;
  /** Each as one line. */
  readonly headers: readonly string[];
  /** The body as JSON text around its image. */
  readonly pieces: readonly (string | { readonly bytes: number })[];
  /** Exact size of the body in bytes. */
  readonly length: number;
  readonly images: readonly ShownImage[];
}

export interface ShownImage {
  readonly image: PreparedImage;
  /** Its first bytes. */
  readonly start: Buffer;
  /** Undefined where the header does not tell. */
  readonly tokens: number | undefined;
}

/**
 * Shows a request: method, URL, headers, body with the image shortened, sizes and an estimate of tokens.
 *
 * @param redact takes the key out of a text
 */
export function formatDryRun(request: ShownRequest, redact: (text: string) => string): string {
  const body = request.pieces
    .map((piece) => (typeof piece === 'string' ? piece : shortened(request.images, piece)))
    .join('');
  return [
    redact(`POST ${request.url}`),
    ...request.headers.map(redact),
    '',
    // Its strings alone: the key may be a word that is also a name in it.
    JSON.stringify(JSON.parse(body), (_, value) => (typeof value === 'string' ? redact(value) : value), 2),
    '',
    ...request.images.map((image) => redact(`Image: ${describeImage(image, request.images.length)}`)),
    `Body: ${grouped(request.length)} bytes`,
    'Nothing was sent.',
    '',
  ].join('\n');
}

function shortened(images: readonly ShownImage[], image: { readonly bytes: number }): string {
  const start = images.find((shown) => shown.image === image)?.start.toString('base64') ?? '';
  return `${start}… (${grouped(Math.ceil(image.bytes / 3) * 4)} characters)`;
}

function describeImage({ image, tokens }: ShownImage, count: number): string {
  const { name, mimeType, bytes, dimensions, changes } = image;
  return [
    ...(count > 1 ? [name] : []),
    mimeType,
    dimensions === undefined ? 'dimensions unknown' : describeDimensions(dimensions),
    `${grouped(bytes)} bytes`,
    ...(tokens === undefined ? [] : [`about ${grouped(tokens)} tokens`]),
    ...changes,
  ].join(', ');
}

function describeDimensions({ width, height, orientation }: Dimensions): string {
  const turned = orientation === 1 ? '' : ` (rotated or mirrored: EXIF orientation ${orientation})`;
  return `${width} × ${height}${turned}`;
}

/** What a batch would come to. */
export interface Forecast {
  readonly found: number;
  /** Answered or written already. */
  readonly kept: number;
  /** Answered already, and cut off at the token limit. */
  readonly keptCutOff: number;
  /** Cannot be read, or are of a kind the API does not take. */
  readonly failed: number;
  /** Size of the images that would be asked about, as they would be sent. */
  readonly bytes: number;
  /** About what they count as; without those whose size in pixels is not known. */
  readonly imageTokens: number;
  /** What the images alone cost, in words. */
  readonly cost: string;
}

/** Says in a few lines what a batch would ask, send and cost. */
export function formatForecast(forecast: Forecast): string {
  const { found, kept, keptCutOff, failed, bytes, imageTokens, cost } = forecast;
  const counts = [
    `${grouped(found - kept - keptCutOff - failed)} to ask about`,
    ...(kept > 0 ? [`${grouped(kept)} already answered`] : []),
    ...(keptCutOff > 0 ? [`${grouped(keptCutOff)} already cut off`] : []),
    ...(failed > 0 ? [`${grouped(failed)} cannot be sent`] : []),
  ];
  return [
    `${counted(found, 'image', 'images')}: ${counts.join(', ')}`,
    `${byteSize(bytes)}, about ${counted(imageTokens, 'image token', 'image tokens')}, ${cost} excluding prompts and answers`,
    'Nothing was sent.',
    '',
  ].join('\n');
}
