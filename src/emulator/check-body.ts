import { createHash } from 'node:crypto';
import { readerOf } from '../image/formats/readers.ts';
import { recognise } from '../image/formats/recognise.ts';
import type { Content, GenerateRequest, GenerationConfig, OpenApiSchema, Part } from './api-description.ts';
import {
  imageMimeTypes,
  maxImages,
  partData,
  partsOf,
  ranges,
  responseMimeTypes,
  snakeCase,
  thinkingBudgets,
} from './api-description.ts';
import { readRequest, shorten } from './read-message.ts';
import { brokenRule, invalidArgument, unableToProcess } from './replies.ts';
import type { ImageFacts, Refusal } from './types.ts';

/** A body that was checked. */
export interface CheckedBody {
  /** The images that could be decoded. */
  readonly images: readonly ImageFacts[];
  /** Set where names and types are right. */
  readonly request?: GenerateRequest;
  readonly problem?: Refusal | undefined;
}

/** Checks a body that arrived in full. */
export async function checkBody(body: Buffer, model: string): Promise<CheckedBody> {
  const { request, problem } = readRequest(body);
  if (request === undefined) return { images: [], problem };
  const images = partsOf(request).flatMap(({ inlineData: { mimeType = '', data } = {} }) => {
    return data === undefined ? [] : [{ mimeType, data }];
  });
  const [broken] = brokenRules(request, images, model);
  return { images: await Promise.all(images.map(factsOf)), request, problem: broken };
}

/** The rules that are broken, in the order in which the service looks; only the first is asked for. */
type Broken = Iterable<Refusal>;

function* brokenRules(request: GenerateRequest, images: readonly InlineImage[], model: string): Broken {
  const { contents = [], systemInstruction, generationConfig = {} } = request;
  if (contents.length === 0) yield brokenRule('contents', 'contents is not specified');
  for (const [index, content] of contents.entries()) {
    if (!['user', 'model'].includes(content.role ?? 'user')) {
      yield invalidArgument('Please use a valid role: user, model.');
    }
    yield* inContent(content, `contents[${index}]`);
  }
  if (systemInstruction !== undefined) {
    if (systemInstruction.parts?.some((part) => partData.some((name) => name !== 'text' && part[name]))) {
      yield brokenRule('system_instruction.parts', 'system_instruction supports text parts only.');
    }
    yield* inContent(systemInstruction, 'system_instruction');
  }
  yield* inConfig(generationConfig, model);
  yield* inImages(images);
}

function* inContent({ parts = [] }: Content, path: string): Broken {
  if (parts.length === 0) yield brokenRule(`${path}.parts`, 'contents.parts must not be empty.');
  for (const [index, part] of parts.entries()) yield* inPart(part, `${path}.parts[${index}]`);
}

function* inPart(part: Part, path: string): Broken {
  const [given, second] = partData.filter((name) => part[name] !== undefined);
  if (second !== undefined) {
    yield invalidArgument(
      `Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${snakeCase(second)}'`,
    );
  }
  if (given === undefined || part.text === '') {
    yield brokenRule(`${path}.data`, "required oneof field 'data' must have one initialized field");
  }
  if (part.inlineData && part.inlineData.data === undefined) {
    yield brokenRule(`${path}.inline_data.data`, 'inline_data.data must not be empty.');
  }
  if (part.fileData && !part.fileData.fileUri) {
    yield brokenRule(`${path}.file_data.file_uri`, 'file_data.file_uri must not be empty.');
  }
}

/** Ranges, and what excludes each other: https://ai.google.dev/api/generate-content#generationconfig */
function* inConfig(config: GenerationConfig, model: string): Broken {
  const { stopSequences = [], responseMimeType, responseSchema, responseJsonSchema, responseFormat } = config;
  const broken = (name: string, message: string) => brokenRule(`generation_config.${name}`, message);

  for (const [field, [least, greatest, rule]] of Object.entries(ranges)) {
    const value = config[field];
    const name = snakeCase(field);
    if (typeof value === 'number' && (value < least || value > greatest)) {
      yield broken(name, `${name} must ${rule}.`);
    }
  }
  if (stopSequences.length > 5) yield broken('stop_sequences', 'at most 5 stop_sequences are allowed.');
  if (stopSequences.includes('')) yield broken('stop_sequences', 'stop_sequences must not be empty.');
  if (!responseMimeTypes.includes(responseMimeType ?? 'text/plain')) {
    const types = responseMimeTypes.map((type) => `\`${type}\``).join(', ');
    yield broken('response_mime_type', `allowed mimetypes are ${types}.`);
  }
  if ([responseSchema, responseJsonSchema, responseFormat].filter(Boolean).length > 1) {
    const message = 'only one of response_schema, response_json_schema and response_format can be set.';
    yield broken('response_schema', message);
  }
  const schemas = [
    ['response_schema', responseSchema, ['application/json', 'text/x.enum']],
    ['response_json_schema', responseJsonSchema, ['application/json']],
  ] as const;
  for (const [name, schema, types] of schemas) {
    if (schema === undefined || types.some((type) => type === responseMimeType)) continue;
    const allowed = types.map((type) => `\`${type}\``).join(' or ');
    yield broken(name, `response_mime_type must be ${allowed} when ${name} is set.`);
  }
  if (responseSchema !== undefined) yield* inSchema(responseSchema, 'generation_config.response_schema');
  yield* inThinking(config, model);
}

function* inThinking({ thinkingConfig = {} }: GenerationConfig, model: string): Broken {
  const { thinkingBudget: budget, thinkingLevel } = thinkingConfig;
  if (budget === undefined) return;
  if (thinkingLevel !== undefined) {
    yield invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  const budgets = thinkingBudgets[model] ?? [[0, Number.POSITIVE_INFINITY]];
  if (budget === -1 || budgets.some(([least, greatest]) => budget >= least && budget <= greatest)) return;
  const field = 'generation_config.thinking_config.thinking_budget';
  yield brokenRule(field, `The thinking budget ${budget} is invalid for ${model}.`);
}

const formats: Readonly<Record<string, readonly string[]>> = {
  STRING: ['enum', 'date-time'],
  NUMBER: ['float', 'double'],
  INTEGER: ['int32', 'int64'],
};

/** What the service asks of a `responseSchema` beyond its names: https://ai.google.dev/api/caching#Schema */
function* inSchema(schema: OpenApiSchema, path: string): Broken {
  const { format = '', enum: choices = [], items, anyOf = [], properties = {}, required = [] } = schema;
  const type = schema.type?.toUpperCase();
  const broken = (field: string, message: string) => brokenRule(`${path}.${field}`, message);

  if (type === undefined && anyOf.length === 0) yield broken('type', 'must be specified.');
  if (type === 'ARRAY' && items === undefined) yield broken('items', 'missing field.');
  if (type === 'OBJECT' && Object.keys(properties).length === 0) {
    yield broken('properties', 'should be non-empty for OBJECT type');
  }
  const supported = formats[type ?? ''] ?? [format];
  if (format !== '' && !supported.includes(format)) {
    const names = supported.map((name) => `'${name}'`).join(' and ');
    yield broken('format', `only ${names} are supported for ${type} type`);
  }
  const empty = choices.indexOf('');
  if (empty !== -1) yield broken(`enum[${empty}]`, 'cannot be empty');
  const missing = required.findIndex((name) => !Object.hasOwn(properties, name));
  if (missing !== -1) yield broken(`required[${missing}]`, 'property is not defined');

  for (const [name, inner] of Object.entries(properties))
    yield* inSchema(inner, `${path}.properties[${name}]`);
  if (items !== undefined) yield* inSchema(items, `${path}.items`);
  for (const [index, inner] of anyOf.entries()) yield* inSchema(inner, `${path}.any_of[${index}]`);
}

/** What an image was declared as, and its bytes. */
interface InlineImage {
  readonly mimeType: string;
  readonly data: Buffer;
}

/** Each image has to be of a type that is accepted, and of the type it was declared as. */
function* inImages(images: readonly InlineImage[]): Broken {
  if (images.length > maxImages) {
    yield invalidArgument(`The request has ${images.length} images, and at most ${maxImages} are allowed.`);
  }
  for (const { mimeType, data } of images) {
    if (!imageMimeTypes.includes(mimeType)) {
      yield invalidArgument(`Unsupported MIME type: ${shorten(mimeType)}`);
    }
    const found = recognise(data);
    if (!found?.sendable || family(found.mimeType) !== family(mimeType)) yield unableToProcess;
  }
}

/** HEIC is a kind of HEIF, and either name is used for both. */
function family(mimeType: string): string {
  return mimeType === 'image/heic' ? 'image/heif' : mimeType;
}

/** Says of an image what can be known without looking at it. */
async function factsOf({ mimeType, data }: InlineImage): Promise<ImageFacts> {
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
