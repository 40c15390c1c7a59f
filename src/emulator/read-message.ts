import { isUtf8 } from 'node:buffer';
import { aliases, enums, type GenerateRequest, messages, snakeCase } from './api-description.ts';
import { badRequest, invalidArgument } from './replies.ts';
import type { Refusal } from './types.ts';

/**
 * Reads a body as the message that the description names, with names in camel case and bytes decoded, or refuses it and
 * lists its violations. It is stricter than Google's own server, which also takes null for nothing, numbers as text, one
 * value for a list and sloppy base64 (https://protobuf.dev/programming-guides/json/): other servers of this API do not.
 */
export function readRequest(body: Buffer): { request?: GenerateRequest; problem?: Refusal } {
  const problem = checkExtent(body);
  if (problem !== undefined) return { problem };
  const json = parseJson(body);
  if (json === undefined) {
    const why = isUtf8(body) ? 'Unexpected token.' : 'The text is not valid UTF-8.';
    return { problem: invalidArgument(`Invalid JSON payload received. ${why}`) };
  }
  const violations: Violation[] = [];
  const place = { path: '', violations };
  const request = isObject(json)
    ? readFields(json, 'GenerateContentRequest', place)
    : reject(place, unknownName('', '', 'Root element must be a message.'));
  if (violations.length === 0) return { request: request as GenerateRequest };
  const listed = violations.slice(0, maxViolations);
  const message = listed.map(({ description }) => description).join('\n');
  return { problem: invalidArgument(message, [badRequest(listed)]) };
}

/** Parses a body; undefined where it is no JSON in UTF-8. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Cuts a text that is quoted in a message. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 56)}…${text.slice(-1)}` : text;
}

/** The emulator's own bounds: 3,600 images take about 30,000 values. */
const maxValues = 100_000;
const maxViolations = 100;

/** https://protobuf.dev/programming-guides/json/ */
const maxDepth = 100;

/** Counts before anything is parsed: small values take many times their bytes in memory, more than the heap has. */
function checkExtent(body: Buffer): Refusal | undefined {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === 0x22) at = endOfString(body, at);
    else if (byte === 0x2c) values += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      values += 1;
    }
    if (depth > maxDepth) return invalidArgument('Message too deep. Max recursion depth reached.');
    if (values > maxValues) {
      return invalidArgument(`The emulator reads at most ${maxValues} JSON values in one request.`);
    }
  }
  return undefined;
}

/** The place of the quotation mark that ends the string which begins at `start`. */
function endOfString(body: Buffer, start: number): number {
  let end = body.indexOf(0x22, start + 1);
  for (; end !== -1; end = body.indexOf(0x22, end + 1)) {
    let backslashes = 0;
    while (body[end - 1 - backslashes] === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return body.length;
}

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
    const known = aliases[name] ?? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
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
  const googleType = `type.googleapis.com/google.ai.generativelanguage.v1beta.${type}`;
  if (messages.has(type)) {
    if (isObject(value)) return readFields(value, type, place);
    if (!Array.isArray(value)) return wrong(googleType);
    return reject(place, unknownName(place.path, '', 'Proto field is not repeating, cannot start list.'));
  }
  if (enums[type] !== undefined)
    return enums[type].some((known) => known === value) ? value : wrong(googleType);
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

/** A multiple of four characters, small enough that a slice costs little memory. */
const sliceLength = 4 * 65_536;

/**
 * Decodes base64 in its one canonical spelling: standard alphabet, padded, nothing else in between. Undefined for any
 * other text. Slice by slice, because Node's decoder is lenient and a pattern over 100 MB is slow.
 */
function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const decoded = Buffer.allocUnsafe((text.length / 4) * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += sliceLength) {
    const slice = text.slice(at, at + sliceLength);
    const bytes = Buffer.from(slice, 'base64');
    const isWhole = at + sliceLength >= text.length || bytes.length === (slice.length / 4) * 3;
    if (!isWhole || bytes.toString('base64') !== slice) return undefined;
    length += bytes.copy(decoded, length);
  }
  return decoded.subarray(0, length);
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
  int64: ['TYPE_INT64', (value) => Number.isSafeInteger(value) || /^-?\d{1,18}$/.test(textOf(value))],
};

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
