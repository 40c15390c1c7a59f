import { createHash } from 'node:crypto';
import { readDimensions } from '../../image/dimensions.ts';
import { identify } from '../../image/type/signature.ts';
import { invalidArgument } from '../refusal.ts';
import type { ImageFacts, Refusal } from '../types.ts';
import { first } from './contents.ts';
import type { GenerateRequest } from './request.ts';

/** What an image was declared as, and its bytes. */
interface InlineImage {
  readonly mimeType: string;
  readonly data: Buffer;
}

/** Checks that each image is of a type that is taken, and of the type it was declared as. */
export function checkImages(request: GenerateRequest): Refusal | undefined {
  const images = inlineImages(request);
  if (images.length > mostImages) {
    return invalidArgument(`The request has ${images.length} images, and at most ${mostImages} are allowed.`);
  }
  return first(images, checkImage);
}

/** Says of each image what can be known without looking at it. */
export function describeImages(request: GenerateRequest): ImageFacts[] {
  return inlineImages(request).map(({ mimeType, data }) => {
    const dimensions = readDimensions((offset, length) => data.subarray(offset, offset + length), mimeType);
    return {
      mimeType,
      bytes: data.length,
      sha256: createHash('sha256').update(data).digest('hex'),
      width: dimensions?.width,
      height: dimensions?.height,
    };
  });
}

/** https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats */
const mimeTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'];

/** https://ai.google.dev/gemini-api/docs/image-understanding#limits */
const mostImages = 3600;

function inlineImages({ contents = [] }: GenerateRequest): InlineImage[] {
  return contents
    .flatMap(({ parts = [] }) => parts)
    .flatMap(({ inlineData: { mimeType = '', data } = {} }) =>
      data === undefined ? [] : [{ mimeType, data }],
    );
}

function checkImage({ mimeType, data }: InlineImage): Refusal | undefined {
  if (!mimeTypes.includes(mimeType)) {
    return invalidArgument(`Unsupported MIME type: ${mimeType}`);
  }
  const found = identify(data);
  const isDecodable = found?.sendable === true && family(found.mimeType) === family(mimeType);
  return isDecodable ? undefined : unableToProcess;
}

/** HEIC is a kind of HEIF, and either name is used for both. */
function family(mimeType: string): string {
  return mimeType === 'image/heic' ? 'image/heif' : mimeType;
}

/** What the service says to bytes that it cannot decode. */
export const unableToProcess: Refusal = invalidArgument(
  'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
);
