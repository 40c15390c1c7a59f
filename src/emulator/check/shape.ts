import { decodeBase64 } from '../base64.ts';
import { badRequest, invalidArgument } from '../refusal.ts';
import type { Refusal } from '../types.ts';
import type { GenerateRequest } from './request.ts';
import { type Field, type Fields, generateContentRequest } from './schema.ts';

/**
 * Reads JSON as the message it has to be, with every name in camel case and bytes decoded, or refuses it and names every
 * violation. It is stricter than Google's own server, which also takes null for nothing, numbers as text, one value for a
 * list and sloppy base64 (https://protobuf.dev/programming-guides/json/): other servers of this API do not.
 */
export function readShape(json: unknown): GenerateRequest | { readonly refusal: Refusal } {
  const violations: Violation[] = [];
  if (!isObject(json)) return refuse([unknownName('', '', 'Root element must be a message.')]);
  const request = readFields(json, generateContentRequest, { path: '', depth: 0, violations });
  return violations.length > 0 ? refuse(violations) : (request as GenerateRequest);
}

interface Violation {
  readonly field: string;
  readonly description: string;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly violations: Violation[];
}

/** Messages deeper than this are refused: https://protobuf.dev/programming-guides/json/ */
const mostDepth = 100;

function refuse(violations: readonly Violation[]): { refusal: Refusal } {
  const message = violations.map(({ description }) => description).join('\n');
  return { refusal: invalidArgument(message, [badRequest(violations)]) };
}

function readFields(value: object, fields: Fields, place: Place): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const known = camelCase(name);
    const field = Object.hasOwn(fields, known) ? fields[known] : undefined;
    if (field === undefined) {
      place.violations.push(unknownName(name, place.path, 'Cannot find field.'));
    } else if (Object.hasOwn(read, known)) {
      place.violations.push(unknownName(name, place.path, 'The field is set twice.'));
    } else {
      read[known] = readValue(inner, field, below(place, joinPath(place.path, snakeCase(known))));
    }
  }
  return read;
}

function readValue(value: unknown, field: Field, place: Place): unknown {
  if (place.depth > mostDepth) {
    const description = `Message too deep. Max recursion depth reached for key '${place.path.split('.').pop()}'`;
    return reject(place, description);
  }
  switch (field.kind) {
    case 'any':
      return value;
    case 'list':
      if (!Array.isArray(value)) return reject(place, invalidValue(place.path, 'repeated field', value));
      return value.map((item, index) => readValue(item, field.of, below(place, `${place.path}[${index}]`)));
    case 'map':
      if (!isObject(value)) return reject(place, invalidValue(place.path, 'map field', value));
      return readMap(value, field.of, place);
    case 'message':
      if (!isObject(value)) return reject(place, notAMessage(place.path, field.type, value));
      return readFields(value, field.fields, place);
    case 'enum':
      if (field.values.some((known) => known === value)) return value;
      return reject(place, invalidValue(place.path, googleType(field.type), value));
    case 'bytes':
      return readBytes(value, place);
    default:
      if (scalars[field.kind].accepts(value)) return value;
      return reject(place, invalidValue(place.path, scalars[field.kind].type, value));
  }
}

function readMap(value: object, of: Field, place: Place): object {
  const entries = Object.entries(value).map(([key, inner], index) => {
    return [key, readValue(inner, of, below(place, `${place.path}[${index}].value`))] as const;
  });
  return Object.fromEntries(entries);
}

function readBytes(value: unknown, place: Place): Buffer | undefined {
  if (typeof value !== 'string') return reject(place, invalidValue(place.path, 'TYPE_BYTES', value));
  const bytes = decodeBase64(value);
  if (bytes !== undefined && bytes.length > 0) return bytes;
  const failed = `Base64 decoding failed for ${shorten(JSON.stringify(value.slice(0, 60)))}`;
  return reject(place, `Invalid value at '${place.path}' (TYPE_BYTES), ${failed}`);
}

const scalars = {
  string: { type: 'TYPE_STRING', accepts: (value: unknown) => typeof value === 'string' },
  float: {
    type: 'TYPE_FLOAT',
    accepts: (value: unknown) => typeof value === 'number' && Number.isFinite(value),
  },
  int32: {
    type: 'TYPE_INT32',
    accepts: (value: unknown) => Number.isInteger(value) && Number(value) === (Number(value) | 0),
  },
  boolean: { type: 'TYPE_BOOL', accepts: (value: unknown) => typeof value === 'boolean' },
} as const;

function below({ depth, violations }: Place, path: string): Place {
  return { path, depth: depth + 1, violations };
}

function reject({ path, violations }: Place, description: string): undefined {
  violations.push({ field: path, description });
}

function unknownName(name: string, path: string, why: string): Violation {
  const at = path === '' ? '' : ` at '${path}'`;
  return { field: path, description: `Invalid JSON payload received. Unknown name "${name}"${at}: ${why}` };
}

function notAMessage(path: string, type: string, value: unknown): string {
  if (!Array.isArray(value)) return invalidValue(path, googleType(type), value);
  return `Invalid JSON payload received. Unknown name "${path}": Proto field is not repeating, cannot start list.`;
}

function invalidValue(path: string, type: string, value: unknown): string {
  return `Invalid value at '${path}' (${type}), ${shorten(JSON.stringify(value))}`;
}

function googleType(type: string): string {
  return `type.googleapis.com/google.ai.generativelanguage.v1beta.${type}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 56)}…${text.slice(-1)}` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
