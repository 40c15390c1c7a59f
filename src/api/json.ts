/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Decodes a body; without its byte order mark, which JSON does not know. */
export function decodeUtf8(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Parses JSON text; undefined where it is none, or holds so much that reading it would take many seconds. */
export function parseJson(text: string): unknown {
  try {
    return hasTooManyValues(text) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A reply has some dozens; 64 MiB of `{},` would take 20 seconds and 2 GB. */
const maxValues = 250_000;

function hasTooManyValues(text: string): boolean {
  if (text.length < maxValues) return false;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === quotationMark) at = stringEnd(text, at + 1);
    else if (unit === openBracket || unit === openBrace || unit === comma) count += 1;
    if (count > maxValues) return true;
  }
  return false;
}

const [quotationMark, comma, openBracket, openBrace] = [0x22, 0x2c, 0x5b, 0x7b];

/** Where the quotation mark is that ends a JSON string, from any place in it; the end of the text where there is none. */
export function stringEnd(json: string, from: number): number {
  for (let end = json.indexOf('"', from); end >= 0; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (first > from && json[first - 1] === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return json.length;
}

/** The value as an object; an empty one where it is something else, so that reading on finds nothing. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The value as an array; an empty one where it is something else. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value where it is a text that says something. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value as a count; 0 where it is no such number. */
export function asCount(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}

/** The parts of a candidate, in order. */
export function partsOf(candidate: JsonObject): readonly JsonObject[] {
  return asArray(asObject(candidate.content).parts).map(asObject);
}
