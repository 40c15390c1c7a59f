import { isUtf8 } from 'node:buffer';
import { aliases, enums, messages } from './api-description.ts';
import type { Refusal } from './emulator.ts';
import { checkExtent, decodeBase64, parseJson } from './parse-body.ts';
import { badRequest, invalidArgument } from './replies.ts';

/** A request whose shape is right; values may still break a rule. */
export interface GenerateRequest {
  readonly contents?: readonly Content[];
  readonly systemInstruction?: Content;
  readonly generationConfig?: GenerationConfig;
  readonly [name: string]: unknown;
}

export interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

export interface Part {
  readonly text?: string;
  readonly inlineData?: { readonly mimeType?: string; readonly data?: Buffer };
  readonly fileData?: { readonly mimeType?: string; readonly fileUri?: string };
  readonly [name: string]: unknown;
}

export interface GenerationConfig {
  readonly candidateCount?: number;
  readonly stopSequences?: readonly string[];
  readonly responseMimeType?: string;
  readonly responseSchema?: object;
  readonly responseJsonSchema?: unknown;
  readonly responseFormat?: { readonly text?: { readonly mimeType?: string; readonly schema?: unknown } };
  readonly mediaResolution?: string;
  readonly thinkingConfig?: { readonly thinkingBudget?: number; readonly thinkingLevel?: string };
  readonly [name: string]: unknown;
}

/**
 * Reads a body as the message that the description names, with names in camel case and bytes decoded, or refuses it and
 * lists its violations. It is stricter than Google's own server, which also takes null for nothing, numbers as text, one
 * value for a list and sloppy base64 (https://protobuf.dev/programming-guides/json/): other servers of this API do not.
 */
export function readRequest(body: Buffer): GenerateRequest | { readonly refusal: Refusal } {
  const refusal = checkExtent(body);
  if (refusal !== undefined) return { refusal };
  const json = parseJson(body);
  if (json === undefined) {
    const why = isUtf8(body) ? 'Unexpected token.' : 'The text is not valid UTF-8.';
    return { refusal: invalidArgument(`Invalid JSON payload received. ${why}`) };
  }
  const violations: Violation[] = [];
  const place = { path: '', violations };
  const request = isObject(json)
    ? readFields(json, 'GenerateContentRequest', place)
    : reject(place, unknownName('', '', 'Root element must be a message.'));
  if (violations.length === 0) return request as GenerateRequest;
  const listed = violations.slice(0, maxViolations);
  const message = listed.map(({ description }) => description).join('\n');
  return { refusal: invalidArgument(message, [badRequest(listed)]) };
}

/** So many violations are listed. */
const maxViolations = 100;

interface Violation {
  readonly field: string;
  readonly description: string;
}

interface Place {
  readonly path: string;
  readonly violations: Violation[];
}

function readFields(value: object, message: string, place: Place): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const known = aliases[name] ?? camelCase(name);
    const type = messages.get(message)?.get(known);
    if (type === undefined) {
      reject(place, unknownName(name, place.path, 'Cannot find field.'));
    } else if (Object.hasOwn(read, known)) {
      reject(place, unknownName(name, place.path, 'The field is set twice.'));
    } else {
      read[known] = readValue(inner, type, below(place, `${place.path && '.'}${snakeCase(known)}`));
    }
    if (place.violations.length >= maxViolations) break;
  }
  return read;
}

function readValue(value: unknown, type: string, place: Place): unknown {
  const wrong = (name: string) => {
    return reject(place, `Invalid value at '${place.path}' (${name}), ${shorten(JSON.stringify(value))}`);
  };
  const inner = type.slice(0, -2);
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return wrong('repeated field');
    return value.map((item, index) => readValue(item, inner, below(place, `[${index}]`)));
  }
  if (type.endsWith('{}')) {
    if (!isObject(value)) return wrong('map field');
    const read = ([key, item]: [string, unknown], index: number) => {
      return [key, readValue(item, inner, below(place, `[${index}].value`))] as const;
    };
    return Object.fromEntries(Object.entries(value).map(read));
  }
  if (messages.has(type)) {
    if (isObject(value)) return readFields(value, type, place);
    if (!Array.isArray(value)) return wrong(googleType(type));
    return reject(place, unknownName(place.path, '', 'Proto field is not repeating, cannot start list.'));
  }
  if (enums[type] !== undefined) {
    return enums[type].some((known) => known === value) ? value : wrong(googleType(type));
  }
  if (type === 'bytes' && typeof value === 'string') return readBytes(value, place);
  const scalar = scalars[type];
  if (scalar === undefined) throw new Error(`The description has no type ${type}.`);
  return scalar[1](value) ? value : wrong(scalar[0]);
}

function readBytes(text: string, place: Place): Buffer | undefined {
  const bytes = decodeBase64(text);
  if (bytes !== undefined && bytes.length > 0) return bytes;
  const failed = `Base64 decoding failed for ${shorten(JSON.stringify(text.slice(0, 60)))}`;
  return reject(place, `Invalid value at '${place.path}' (TYPE_BYTES), ${failed}`);
}

/** The protobuf name of each scalar, and whether a value is one. */
const scalars: Readonly<Record<string, readonly [name: string, accepts: (value: unknown) => boolean]>> = {
  any: ['TYPE_MESSAGE', () => true],
  object: ['TYPE_MESSAGE', isObject],
  string: ['TYPE_STRING', (value) => typeof value === 'string'],
  bytes: ['TYPE_BYTES', () => false],
  bool: ['TYPE_BOOL', (value) => typeof value === 'boolean'],
  float: ['TYPE_FLOAT', Number.isFinite],
  int32: ['TYPE_INT32', (value) => Number.isInteger(value) && value === (Number(value) | 0)],
  // JSON has no 64 bits, so that these may be text: https://protobuf.dev/programming-guides/json/
  int64: ['TYPE_INT64', (value) => Number.isSafeInteger(value) || isWholeNumber(value)],
};

function below({ path, violations }: Place, step: string): Place {
  return { path: path + step, violations };
}

function reject({ path, violations }: Place, description: string): undefined {
  violations.push({ field: path, description });
}

function unknownName(name: string, path: string, why: string): string {
  const at = path === '' ? '' : ` at '${path}'`;
  return `Invalid JSON payload received. Unknown name "${shorten(name)}"${at}: ${why}`;
}

function googleType(type: string): string {
  return `type.googleapis.com/google.ai.generativelanguage.v1beta.${type}`;
}

/** Cuts a text that is quoted in a message. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 56)}…${text.slice(-1)}` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWholeNumber(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,18}$/.test(value);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The name of a field as messages of the service spell it. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
