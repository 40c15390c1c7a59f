import type { Dimensions, Image } from '../types.ts';
import { grouped } from './numbers.ts';

/** A request that is not sent. */
export interface ShownRequest {
  readonly url: string;
  /** Each as one line. */
  readonly headers: readonly string[];
  /** The body as JSON text around its image. */
  readonly pieces: readonly (string | Image)[];
  /** Exact size of the body in bytes. */
  readonly length: number;
  readonly images: readonly ShownImage[];
}

export interface ShownImage {
  readonly image: Image;
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

function shortened(images: readonly ShownImage[], image: Image): string {
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
  const turned =
    orientation === 1 ? '' : ` (stored on its side or mirrored: EXIF orientation ${orientation})`;
  return `${width} × ${height}${turned}`;
}
