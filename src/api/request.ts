import type { RequestBody } from '../http/exchange.ts';
import { type LibraryOptions, requestFields } from '../options/table.ts';

/** A request of more images is refused: https://ai.google.dev/gemini-api/docs/image-understanding */
export const maxImages = 3600;

/** An image as a request carries it. */
export interface ImagePart {
  readonly name: string;
  readonly mimeType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** Reads the image from its start; can be called again for another attempt. */
  open(): AsyncIterable<Uint8Array>;
}

/** A request body with a gap for each image: a string is JSON text, an image stands for its own base64. */
export type RequestPieces = readonly (string | ImagePart)[];

/**
 * Writes a `generateContent` request as JSON text around its images. Only what was set is written.
 * The prompt comes first and each image follows in the order given; of several, each is told by number and name.
 */
export function buildRequest(
  images: readonly ImagePart[],
  { prompt, ...options }: LibraryOptions & { readonly prompt: string },
): RequestPieces {
  const pieces: (string | ImagePart)[] = [`{"contents":[{"role":"user","parts":[${json({ text: prompt })}`];
  for (const [index, image] of images.entries()) {
    if (images.length > 1) pieces.push(`,${json({ text: label(index + 1, image.name) })}`);
    pieces.push(`,{"inline_data":{"mime_type":${json(image.mimeType)},"data":"`, image, '"}}');
  }
  pieces.push(`]}]${optionFields(options)}}`);
  return pieces;
}

/** The name without its folders, which say more about a person than about the image. */
function label(number: number, name: string): string {
  const base =
    name
      .replace(/[?#].*$/s, '')
      .split(/[/\\]/)
      .filter(Boolean)
      .at(-1) ?? name;
  return `Image ${number}: ${base.replace(/\p{Cc}+/gu, ' ').slice(0, maxLabelLength)}`;
}

/** No file system allows a longer name. */
const maxLabelLength = 255;

/** What the options add, without the braces around it. */
function optionFields(options: object): string {
  const fields = json(requestFields(options));
  return fields === '{}' ? '' : `,${fields.slice(1, -1)}`;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** Turns a request's pieces into bytes, reading one piece of one image at a time. */
export function streamBody(pieces: RequestPieces): RequestBody {
  const encoded = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  let length = 0;
  for (const piece of encoded) {
    length += piece instanceof Uint8Array ? piece.length : base64Length(piece.bytes);
  }
  return {
    length,
    chunks: () => (length <= maxAtOnceBytes ? atOnce(encoded) : oneByOne(encoded)),
  };
}

/** A body this small costs more to write in parts than to put together. */
const maxAtOnceBytes = 64 * 1024;

type Encoded = readonly (Uint8Array | ImagePart)[];

async function* atOnce(encoded: Encoded): AsyncGenerator<Uint8Array | string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of oneByOne(encoded)) {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  }
  yield Buffer.concat(chunks);
}

async function* oneByOne(encoded: Encoded): AsyncGenerator<Uint8Array | string> {
  for (const piece of encoded) {
    if (piece instanceof Uint8Array) yield piece;
    else yield* encodeBase64(piece.open());
  }
}

/** Length of standard, padded base64 (RFC 4648, section 4) for so many bytes. */
function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Encodes bytes as one base64 text, however they are cut into chunks: three bytes make four characters. */
export async function* encodeBase64(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? viewOf(chunk) : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    rest = whole === bytes.length ? rest.subarray(0, 0) : Buffer.from(bytes.subarray(whole));
    if (whole > 0) yield bytes.toString('base64', 0, whole);
  }
  if (rest.length > 0) yield rest.toString('base64');
}

function viewOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
