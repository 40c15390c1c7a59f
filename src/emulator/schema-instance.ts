/**
 * Makes a small value that fits a schema and says that nothing was seen: texts say so, a choice is `unsure` or the like where
 * there is one, numbers count up along a list, and lists are as short as they may be.
 *
 * @param schema an OpenAPI schema or JSON Schema
 * @param minItems of a list that does not say
 */
export function instanceOf(schema: unknown, minItems = 0): unknown {
  return makeValue(asSchema(schema), 0, { root: schema, minItems, left: maxValues, depth: 0 });
}

/** Bounds of what `minItems` and references can ask for. */
const maxValues = 10_000;
const maxDepth = 100;

interface Schema {
  readonly [keyword: string]: unknown;
}

interface State {
  readonly root: unknown;
  readonly minItems: number;
  left: number;
  depth: number;
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** @param index place in the list that the value belongs to */
function makeValue(schema: Schema, index: number, state: State): unknown {
  state.left -= 1;
  if (state.left < 0 || state.depth > maxDepth) return null;
  state.depth += 1;
  const value = makeKnown(schema, index, state);
  state.depth -= 1;
  return value;
}

function makeKnown(schema: Schema, index: number, state: State): unknown {
  if (typeof schema.$ref === 'string') return makeValue(resolve(schema.$ref, state.root), index, state);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return choose(schema.enum);
  const [either] = [...listOf(schema.anyOf), ...listOf(schema.oneOf)];
  if (either !== undefined) return makeValue(asSchema(either), index, state);
  switch (typeOf(schema)) {
    case 'object':
      return makeObject(schema, index, state);
    case 'array':
      return makeList(schema, state);
    case 'integer':
    case 'number':
      return makeNumber(schema, index);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return makeText(schema);
  }
}

function resolve(reference: string, root: unknown): Schema {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  return asSchema(steps.reduce((value: unknown, step) => asSchema(value)[step], root));
}

function choose(values: readonly unknown[]): unknown {
  const unsure = /^(?:unsure|unknown|unclear|other|none|cannot.tell)$/i;
  return values.find((value) => typeof value === 'string' && unsure.test(value)) ?? values[0];
}

function typeOf(schema: Schema): string {
  const types = [schema.type].flat().map((type) => String(type).toLowerCase());
  const type = types.find((type) => type !== 'null') ?? types[0];
  if (type !== undefined && type !== 'undefined') return type;
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : 'string';
}

function makeObject(schema: Schema, index: number, state: State): object {
  const properties = asSchema(schema.properties);
  const required = listOf(schema.required).map(String);
  const names = Object.keys(properties).filter((name) => required.length === 0 || required.includes(name));
  return Object.fromEntries(names.map((name) => [name, makeValue(asSchema(properties[name]), index, state)]));
}

function makeList(schema: Schema, state: State): unknown[] {
  const first = listOf(schema.prefixItems);
  const length = Math.min(
    Math.max(Number(schema.minItems ?? state.minItems), first.length),
    Math.max(0, state.left),
  );
  return Array.from({ length }, (_, index) =>
    makeValue(asSchema(first[index] ?? schema.items), index, state),
  );
}

function makeNumber(schema: Schema, index: number): number {
  const greatest = Number(schema.maximum ?? Number.POSITIVE_INFINITY);
  const least = Number(schema.minimum ?? Math.min(0, greatest));
  const start = typeOf(schema) === 'integer' ? Math.ceil(least) : least;
  return start + index <= greatest ? start + index : start;
}

function makeText(schema: Schema): string {
  const times = { 'date-time': '1970-01-01T00:00:00Z', date: '1970-01-01', time: '00:00:00Z' };
  const time = times[schema.format as keyof typeof times];
  if (time !== undefined) return time;
  const text = 'The emulator cannot see.'.slice(0, Number(schema.maxLength ?? 100));
  return text.padEnd(Math.min(Number(schema.minLength ?? 0), maxValues), '.');
}
