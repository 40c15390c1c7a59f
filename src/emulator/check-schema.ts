import type { Refusal } from './emulator.ts';
import { brokenRule } from './replies.ts';

/** A `responseSchema` whose shape is right. */
interface OpenApiSchema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly anyOf?: readonly OpenApiSchema[];
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
}

const formats: Readonly<Record<string, readonly string[]>> = {
  STRING: ['enum', 'date-time'],
  NUMBER: ['float', 'double'],
  INTEGER: ['int32', 'int64'],
};

/**
 * Checks what the service asks of a `responseSchema` beyond its names: https://ai.google.dev/api/caching#Schema
 *
 * @param path of the schema in the request, such as `generation_config.response_schema`
 */
export function checkSchema(schema: OpenApiSchema, path: string): Refusal | undefined {
  const { format = '', enum: choices = [], items, anyOf = [], properties = {}, required = [] } = schema;
  const type = schema.type?.toUpperCase();
  const broken = (field: string, message: string) => brokenRule(`${path}.${field}`, message);

  if (type === undefined && anyOf.length === 0) return broken('type', 'must be specified.');
  if (type === 'ARRAY' && items === undefined) return broken('items', 'missing field.');
  if (type === 'OBJECT' && Object.keys(properties).length === 0) {
    return broken('properties', 'should be non-empty for OBJECT type');
  }
  const supported = formats[type ?? ''];
  if (format !== '' && supported !== undefined && !supported.includes(format)) {
    const names = supported.map((name) => `'${name}'`).join(' and ');
    return broken('format', `only ${names} are supported for ${type} type`);
  }
  const empty = choices.indexOf('');
  if (empty !== -1) return broken(`enum[${empty}]`, 'cannot be empty');
  const missing = required.findIndex((name) => !Object.hasOwn(properties, name));
  if (missing !== -1) return broken(`required[${missing}]`, 'property is not defined');

  const inner: readonly (readonly [step: string, schema: OpenApiSchema])[] = [
    ...Object.entries(properties).map(([name, property]) => [`properties[${name}]`, property] as const),
    ...(items === undefined ? [] : [['items', items] as const]),
    ...anyOf.map((item, index) => [`any_of[${index}]`, item] as const),
  ];
  for (const [step, schema] of inner) {
    const refusal = checkSchema(schema, `${path}.${step}`);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
