import { createHash } from 'node:crypto';
import { readerOf } from '../image/formats/readers.ts';
import { recognise } from '../image/formats/recognise.ts';
import { imageMimeTypes, maxImages, partData } from './api-description.ts';
import { checkConfig, first } from './check-config.ts';
import type { ImageFacts, Refusal } from './emulator.ts';
import {
  type Content,
  type GenerateRequest,
  type Part,
  readRequest,
  shorten,
  snakeCase,
} from './read-message.ts';
import { brokenRule, invalidArgument, unableToProcess } from './replies.ts';

/** A body that was checked. */
export interface CheckedBody {
  /** The images that could be decoded. */
  readonly images: readonly ImageFacts[];
  /** Set where the shape is right. */
  readonly request?: GenerateRequest;
  readonly problem?: Refusal | undefined;
}

/** Checks a body that arrived in full. */
export async function checkBody(body: Buffer, model: string): Promise<CheckedBody> {
  const request = readRequest(body);
  if ('refusal' in request) return { images: [], problem: request.refusal as Refusal };
  const images = inlineImages(request);
  const problem =
    checkContents(request) ?? checkConfig(request.generationConfig ?? {}, model) ?? checkImages(images);
  return { images: await Promise.all(images.map(describeImage)), request, problem };
}

/** The parts of all contents, in order. */
export function partsOf({ contents = [] }: GenerateRequest): readonly Part[] {
  return contents.flatMap(({ parts = [] }) => parts);
}

/** Checks roles and parts, and that a system instruction is nothing but text. */
function checkContents({ contents = [], systemInstruction }: GenerateRequest): Refusal | undefined {
  if (contents.length === 0) return brokenRule('contents', 'contents is not specified');
  return (
    first(contents, ({ role = 'user', parts }, index) => {
      if (role !== 'user' && role !== 'model') {
        return invalidArgument('Please use a valid role: user, model.');
      }
      return checkParts(parts, `contents[${index}]`);
    }) ??
    (systemInstruction && checkSystemInstruction(systemInstruction))
  );
}

function checkSystemInstruction({ parts }: Content): Refusal | undefined {
  const hasOther = parts?.some((part) =>
    partData.some((name) => name !== 'text' && part[name] !== undefined),
  );
  if (hasOther) return brokenRule('system_instruction.parts', 'system_instruction supports text parts only.');
  return checkParts(parts, 'system_instruction');
}

function checkParts(parts: readonly Part[] = [], path: string): Refusal | undefined {
  if (parts.length === 0) return brokenRule(`${path}.parts`, 'contents.parts must not be empty.');
  return first(parts, (part, index) => checkPart(part, `${path}.parts[${index}]`));
}

function checkPart(part: Part, path: string): Refusal | undefined {
  const [given, second] = partData.filter((name) => part[name] !== undefined);
  if (second !== undefined) {
    return invalidArgument(
      `Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${snakeCase(second)}'`,
    );
  }
  if (given === undefined || part.text === '') {
    return brokenRule(`${path}.data`, "required oneof field 'data' must have one initialized field");
  }
  if (part.inlineData && part.inlineData.data === undefined) {
    return brokenRule(`${path}.inline_data.data`, 'inline_data.data must not be empty.');
  }
  if (part.fileData && !part.fileData.fileUri) {
    return brokenRule(`${path}.file_data.file_uri`, 'file_data.file_uri must not be empty.');
  }
  return undefined;
}

/** What an image was declared as, and its bytes. */
interface InlineImage {
  readonly mimeType: string;
  readonly data: Buffer;
}

function inlineImages(request: GenerateRequest): InlineImage[] {
  return partsOf(request).flatMap(({ inlineData: { mimeType = '', data } = {} }) => {
    return data === undefined ? [] : [{ mimeType, data }];
  });
}

/** Checks that each image is of a type that is accepted, and of the type it was declared as. */
function checkImages(images: readonly InlineImage[]): Refusal | undefined {
  if (images.length > maxImages) {
    return invalidArgument(`The request has ${images.length} images, and at most ${maxImages} are allowed.`);
  }
  return first(images, ({ mimeType, data }) => {
    if (!imageMimeTypes.includes(mimeType))
      return invalidArgument(`Unsupported MIME type: ${shorten(mimeType)}`);
    const found = recognise(data);
    return found?.sendable === true && family(found.mimeType) === family(mimeType)
      ? undefined
      : unableToProcess;
  });
}

/** HEIC is a kind of HEIF, and either name is used for both. */
function family(mimeType: string): string {
  return mimeType === 'image/heic' ? 'image/heif' : mimeType;
}

/** Says of an image what can be known without looking at it. */
async function describeImage({ mimeType, data }: InlineImage): Promise<ImageFacts> {
  const readAt = (offset: number, length: number) => data.subarray(offset, offset + length);
  const dimensions = (await readerOf(mimeType))?.measure({ bytes: data.length, readAt });
  return {
    mimeType,
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
    width: dimensions?.width,
    height: dimensions?.height,
  };
}
