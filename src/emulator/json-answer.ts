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

/**
 * Makes a small value that fits a schema and says that nothing was seen: texts say so, a choice is `unsure` or the like where
 * there is one, numbers count up along a list, and lists are as short as they may be.
 *
 * @param schema an OpenAPI schema or JSON Schema
 * @param minItems of a list that does not say
 */
export function instanceOf(schema: unknown, minItems = 0): unknown {
  return makeValue(schema, 0, { root: schema, minItems, left: maxValues, depth: 0 });
}

/** @param index place in the list that the value belongs to */
function makeValue(given: unknown, index: number, state: State): unknown {
  state.left -= 1;
  if (state.left < 0 || state.depth > maxDepth) return null;
  state.depth += 1;
  const value = makeKnown(asSchema(given), index, state);
  state.depth -= 1;
  return value;
}

function makeKnown(schema: Schema, index: number, state: State): unknown {
  if (typeof schema.$ref === 'string') return makeValue(resolve(schema.$ref, state.root), index, state);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return choose(schema.enum);
  const [either] = [...listOf(schema.anyOf), ...listOf(schema.oneOf)];
  if (either !== undefined) return makeValue(either, index, state);
  const type = typeOf(schema);
  if (type === 'object') return makeObject(schema, index, state);
  if (type === 'array') return makeList(schema, state);
  if (type === 'integer' || type === 'number') return makeNumber(schema, index);
  if (type === 'boolean') return false;
  return type === 'null' ? null : makeText(schema);
}

function resolve(reference: string, root: unknown): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  return steps.reduce((value: unknown, step) => asSchema(value)[step], root);
}

function choose(values: readonly unknown[]): unknown {
  const unsure = /^(?:unsure|unknown|unclear|other|none|cannot.tell)$/i;
  return values.find((value) => typeof value === 'string' && unsure.test(value)) ?? values[0];
}

function typeOf(schema: Schema): string {
  const types = [schema.type ?? []].flat().map((type) => String(type).toLowerCase());
  const implied = 'properties' in schema ? 'object' : 'items' in schema ? 'array' : 'string';
  return types.find((type) => type !== 'null') ?? types[0] ?? implied;
}

function makeObject(schema: Schema, index: number, state: State): object {
  const properties = asSchema(schema.properties);
  const required = listOf(schema.required).map(String);
  const names = Object.keys(properties).filter((name) => required.length === 0 || required.includes(name));
  return Object.fromEntries(names.map((name) => [name, makeValue(properties[name], index, state)]));
}

function makeList(schema: Schema, state: State): unknown[] {
  const first = listOf(schema.prefixItems);
  const wanted = Math.max(Number(schema.minItems ?? state.minItems), first.length);
  const length = Math.min(wanted, Math.max(0, state.left));
  return Array.from({ length }, (_, index) => makeValue(first[index] ?? schema.items, index, state));
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

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The first half of a text. */
export function cutInHalf(text: string): string {
  return text.slice(0, text.length / 2);
}

/** Repeats a digit for so long that the token limit must end it. */
export function repeatDigit(text: string): string {
  const digits = '1'.repeat(14_000);
  return /\d/.test(text) ? text.replace(/(?<=\d)[\s\S]*/, digits) : cutInHalf(text) + digits;
}

/** Adds an item to the outer list, with its numbers counted on. */
export function repeatItem(text: string): string {
  const count = (_: string, value: unknown) => (typeof value === 'number' ? value + 1 : value);
  return editList(text, (list) => [...list, JSON.parse(JSON.stringify(list.at(-1) ?? null), count)]);
}

/** Takes the last item from the outer list. */
export function dropItem(text: string): string {
  return editList(text, (list) => list.slice(0, -1));
}

/** Exchanges the ends of every box. */
export function invertBoxes(text: string): string {
  const invert = (name: string, value: unknown) => (name === 'box_2d' ? [600, 700, 200, 100] : value);
  return edit(text, () => JSON.parse(text, invert));
}

/** Changes the outer list of a JSON text, or the lists in its outer object. */
function editList(text: string, change: (list: readonly unknown[]) => unknown[]): string {
  const changed = (value: unknown) => (Array.isArray(value) ? change(value) : value);
  return edit(text, (value) => {
    if (Array.isArray(value)) return change(value);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, changed(inner)]));
  });
}

/** Changes a list or an object in JSON; leaves other text as it is. */
function edit(text: string, change: (value: object) => unknown): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? JSON.stringify(change(value)) : text;
  } catch {
    return text;
  }
}
