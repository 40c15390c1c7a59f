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
  return `Image ${number}: ${base.replace(/\p{Cc}+/gu, ' ').slice(0, longestLabel)}`;
}

/** No file system allows a longer name. */
const longestLabel = 255;

/** What the options add, without the braces around it. */
function optionFields(options: object): string {
  const fields = json(requestFields(options));
  return fields === '{}' ? '' : `,${fields.slice(1, -1)}`;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
