import type { Dimensions, Image } from '../types.ts';
import { grouped } from './numbers.ts';

/** A request that is not sent, its key already hidden. */
export interface ShownRequest {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as JSON text around its image. */
  readonly pieces: readonly (string | Image)[];
  /** Exact size of the body in bytes. */
  readonly length: number;
  readonly image: Image;
  /** Undefined where the header of the image does not tell. */
  readonly dimensions: Dimensions | undefined;
  /** The first bytes of the image. */
  readonly imageStart: Buffer;
  readonly imageTokens: number | undefined;
}

/** Shows a request: method, URL, headers, body with the image shortened, sizes and an estimate of tokens. */
export function formatDryRun(request: ShownRequest): string {
  const body = request.pieces
    .map((piece) => (typeof piece === 'string' ? piece : shortened(request)))
    .join('');
  return [
    `POST ${request.url}`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
    '',
    JSON.stringify(JSON.parse(body), null, 2),
    '',
    `Image: ${describeImage(request)}`,
    `Body: ${grouped(request.length)} bytes`,
    'Nothing was sent.',
    '',
  ].join('\n');
}

function shortened({ image, imageStart }: ShownRequest): string {
  return `${imageStart.toString('base64')}… (${grouped(Math.ceil(image.bytes / 3) * 4)} characters)`;
}

function describeImage({ image, dimensions, imageTokens }: ShownRequest): string {
  const size = dimensions === undefined ? 'dimensions unknown' : `${dimensions.width} × ${dimensions.height}`;
  const tokens = imageTokens === undefined ? '' : `, about ${grouped(imageTokens)} tokens`;
  return `${image.mimeType}, ${size}, ${grouped(image.bytes)} bytes${tokens}`;
}
