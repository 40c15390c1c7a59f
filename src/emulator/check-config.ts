import { ranges, responseMimeTypes, thinkingBudgets } from './api-description.ts';
import type { Refusal } from './emulator.ts';
import { type GenerationConfig, snakeCase } from './read-message.ts';
import { brokenRule, invalidArgument } from './replies.ts';

/** Checks ranges and what excludes each other: https://ai.google.dev/api/generate-content#generationconfig */
export function checkConfig(config: GenerationConfig, model: string): Refusal | undefined {
  return (
    first(Object.entries(ranges), ([name, [least, greatest, rule]]) => {
      const value = config[name];
      if (typeof value !== 'number' || (value >= least && value <= greatest)) return undefined;
      return brokenRule(`generation_config.${snakeCase(name)}`, `${snakeCase(name)} must ${rule}.`);
    }) ??
    first(rules, ([name, message, isBroken]) => {
      return isBroken(config) ? brokenRule(`generation_config.${name}`, message) : undefined;
    }) ??
    (config.responseSchema && checkSchema(config.responseSchema, 'generation_config.response_schema')) ??
    checkThinking(config, model)
  );
}

/** The first refusal that a check of the items gives. */
export function first<T>(
  items: readonly T[],
  check: (item: T, index: number) => Refusal | undefined,
): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    const refusal = check(item, index);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

type Rule = readonly [name: string, message: string, isBroken: (config: GenerationConfig) => boolean];

const rules: readonly Rule[] = [
  ['stop_sequences', 'at most 5 stop_sequences are allowed.', (c) => (c.stopSequences ?? []).length > 5],
  ['stop_sequences', 'stop_sequences must not be empty.', (c) => (c.stopSequences ?? []).includes('')],
  [
    'response_mime_type',
    `allowed mimetypes are ${responseMimeTypes.map((type) => `\`${type}\``).join(', ')}.`,
    (c) => !responseMimeTypes.includes(c.responseMimeType ?? 'text/plain'),
  ],
  [
    'response_schema',
    'only one of response_schema, response_json_schema and response_format can be set.',
    (c) => [c.responseSchema, c.responseJsonSchema, c.responseFormat].filter(Boolean).length > 1,
  ],
  [
    'response_schema',
    'response_mime_type must be `application/json` or `text/x.enum` when response_schema is set.',
    (c) =>
      c.responseSchema !== undefined &&
      !/^(?:application\/json|text\/x\.enum)$/.test(`${c.responseMimeType}`),
  ],
  [
    'response_json_schema',
    'response_mime_type must be `application/json` when response_json_schema is set.',
    (c) => c.responseJsonSchema !== undefined && c.responseMimeType !== 'application/json',
  ],
];

function checkThinking({ thinkingConfig = {} }: GenerationConfig, model: string): Refusal | undefined {
  const { thinkingBudget: budget, thinkingLevel } = thinkingConfig;
  if (budget === undefined) return undefined;
  if (thinkingLevel !== undefined) {
    return invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  const budgets = thinkingBudgets[model] ?? [[0, Number.POSITIVE_INFINITY]];
  if (budget === -1 || budgets.some(([least, greatest]) => budget >= least && budget <= greatest))
    return undefined;
  return brokenRule(
    'generation_config.thinking_config.thinking_budget',
    `The thinking budget ${budget} is invalid for ${model}.`,
  );
}

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
function checkSchema(schema: OpenApiSchema, path: string): Refusal | undefined {
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
