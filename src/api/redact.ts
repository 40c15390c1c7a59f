import { AbortedError } from '../errors.ts';
import { isBlank, shortLine } from '../printable.ts';
import { type Counts, findKey, findKeyInTurns, type Place, type Spelling } from './find-key.ts';
import { asText, stringEnd } from './json.ts';
import { longestSpelling } from './unescape.ts';

/** What stands where the key was. */
export const redactedKey = '[key]';

/**
 * Takes the key out of a text, however it is spelled: escaped for JSON, a URL or HTML, in other case, with control or
 * zero-width characters between its letters. A key of 16 characters or more of at least two kinds is taken out everywhere.
 * Any other may be a word, such as what is given to gateways that need no key: it is taken out where a credential stands,
 * which is after `key=`, in a credential header, or as a JSON string under a name with "key", "token" or "authorization".
 */
export function redact(text: string, apiKey: string | undefined): string {
  if (!apiKey) return text;
  const find = (rest: string, spelling: Spelling) => findKey(rest, apiKey, spelling, placesOf(apiKey));
  return spellingsIn(text).reduce((rest, spelling) => cutOut(rest, find(rest, spelling)), text);
}

/** Takes the key out of the strings of a JSON text, which else stays as it is, character for character. */
export async function redactJson(json: string, apiKey: string | undefined): Promise<string> {
  if (!apiKey) return json;
  // As it stands, a key that ends in a backslash could end in the middle of an escaped character.
  const spellings = spellingsIn(json).filter((spelling) => spelling !== 'plain' || !apiKey.includes('\\'));
  let shown = json;
  for (const spelling of spellings) {
    const places = await findKeyInTurns(shown, apiKey, spelling, placesOf(apiKey));
    shown = cutOut(shown, withinStrings(shown, places));
  }
  return shown;
}

/** Takes the key out of every string that a value holds; the names of properties stay as they are. */
export function redactValue<T>(value: T, apiKey: string | undefined): T;
export function redactValue(value: unknown, apiKey: string | undefined): unknown {
  if (typeof value === 'string') return redact(value, apiKey);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, apiKey));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactValue(item, apiKey)]));
}

/**
 * Takes the key out of an error and its causes, in place: out of message, stack and every other text. What they hold of a
 * connection in bytes goes, as Node's parser adds the packet that it could not read.
 */
export function redactError<E extends Error>(error: E, apiKey: string | undefined): E {
  let current: unknown = error;
  for (let depth = 0; depth < maxCauses && current instanceof Error; depth += 1) {
    for (const name of Object.getOwnPropertyNames(current)) {
      const value: unknown = Reflect.get(current, name);
      if (typeof value === 'string') Reflect.set(current, name, redact(value, apiKey));
      else if (ArrayBuffer.isView(value)) Reflect.deleteProperty(current, name);
    }
    // The reason of an abort is the caller's own.
    if (current instanceof AbortedError) break;
    current = current.cause;
  }
  return error;
}

const maxCauses = 10;

/** The start of what a server says, fit to be repeated: one short line without control characters and without the key. */
export function repeatable(text: string, apiKey: string | undefined, maxLength?: number): string {
  return shortLine(redactStart(text, apiKey), maxLength);
}

/** A name or word that a server says, fit to be repeated; undefined where it says nothing. */
export function readFact(value: unknown, apiKey: string | undefined): string | undefined {
  const fact = repeatable(asText(value) ?? '', apiKey, maxFactLength);
  return isBlank(fact) ? undefined : fact;
}

/** The longest that are known have some 60 characters. */
const maxFactLength = 200;

/** The start of a text without the key, and without what its end may have left of one. */
export function redactStart(text: string, apiKey = ''): string {
  if (text.length <= startLength) return redact(text, apiKey);
  const start = redact(text.slice(0, startLength), apiKey);
  return start.slice(0, Math.max(0, start.length - apiKey.length * longestSpelling));
}

const startLength = 64 * 1024;

/** How the key may be spelled in a text; most texts allow for the first way alone, and each takes its time. */
function spellingsIn(text: string): readonly Spelling[] {
  return [
    'plain',
    ...(/[%&\\]/.test(text) ? (['escaped'] as const) : []),
    ...(beginsSequence.test(text) ? (['interrupted'] as const) : []),
  ];
}

/** A character that begins an escape sequence, or the number of one. */
const beginsSequence = /[^\t-\r -~\u00a0-\uffff]|1[Bb]|9[\dA-Fa-f]|#0{0,9}(?:27|14[4-9]|15\d);/;

/** Where a key counts: everywhere, or only where a credential stands, if it may be a word. */
function placesOf(apiKey: string): Counts | undefined {
  return isWord(apiKey) ? isCredentialPlace : undefined;
}

/** Whether a key may be a word, too: it is shorter than 16 characters, or all of one kind. */
function isWord(apiKey: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/];
  return apiKey.length < 16 || kinds.filter((kind) => kind.test(apiKey)).length < 2;
}

function cutOut(text: string, places: readonly Place[]): string {
  if (places.length === 0) return text;
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end } of places) {
    pieces.push(text.slice(from, start), redactedKey);
    from = end;
  }
  return [...pieces, text.slice(from)].join('');
}

/** The places that are inside of a JSON string, each with the backslashes that escape its first character. */
function withinStrings(json: string, places: readonly Place[]): readonly Place[] {
  const within: Place[] = [];
  let [open, close] = [0, -1];
  for (const { start, end } of places) {
    while (close < start && close < json.length) {
      open = json.indexOf('"', close + 1) + 1;
      close = open === 0 ? json.length : stringEnd(json, open);
    }
    if (open === 0 || start < open || end > close) continue;
    let first = start;
    while (first > open && json[first - 1] === '\\') first -= 1;
    within.push({ start: first, end });
  }
  return within;
}

/**
 * Whether what stands at a place is a credential: after `key=`, in a header such as `x-goog-api-key: ` or
 * `authorization: Bearer `, or as the JSON string, or the first one of a list, under a name with "key", "token" or
 * "authorization".
 *
 * @param before the character before it, in lower case: 1 is next to it; 0 stands for none
 * @param after some characters that follow
 */
function isCredentialPlace(before: (distance: number) => number, after: () => string): boolean {
  let isQuoted = isQuote(before(1));
  let at = isQuoted ? 2 : 1;
  if (before(at) === equalsSign)
    return before(at + 1) === 0x79 && before(at + 2) === 0x65 && before(at + 3) === 0x6b; // key
  at = pass(isSpace, before, at);
  if (isLetter(before(at))) {
    const end = pass(isLetter, before, at);
    if (isQuoted || at === 1 || !schemes.has(textOf(before, at, end))) return false;
    at = pass(isSpace, before, end);
    isQuoted = isQuote(before(at));
    if (isQuoted) at = pass(isSpace, before, at + 1);
  }
  if (isQuoted && before(at) === openBracket) at = pass(isSpace, before, at + 1);
  if (before(at) !== colon) return false;
  at = pass(isSpace, before, at + 1);
  if (!isQuote(before(at))) return header.test(textOf(before, at, pass(isHeaderCharacter, before, at)));
  const name = textOf(before, at + 1, pass(isNameCharacter, before, at + 1));
  return isQuoted && /key|token|authorization/.test(name) && closing.test(after());
}

type Before = (distance: number) => number;

function pass(isPassed: (unit: number) => boolean, before: Before, from: number): number {
  let at = from;
  while (at < maxDistance && isPassed(before(at))) at += 1;
  return at;
}

function textOf(before: Before, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += 1) text = String.fromCharCode(before(at)) + text;
  return text;
}

/** Names are shorter. */
const maxDistance = 64;

const [equalsSign, colon, openBracket] = [0x3d, 0x3a, 0x5b];
const schemes: ReadonlySet<string> = new Set(['bearer', 'basic']);
const header = /(?:^|[-_])(?:api[-_]?key|authorization)$|[-_]token$/;
/** A quotation mark, as it is or escaped. */
const closing = /^\\*(?:["']|u0022|&quot;|&#34;|%22)/;

function isSpace(unit: number): boolean {
  return unit === 0x20;
}

function isQuote(unit: number): boolean {
  return unit === 0x22 || unit === 0x27;
}

function isLetter(unit: number): boolean {
  return unit >= 0x61 && unit <= 0x7a;
}

function isHeaderCharacter(unit: number): boolean {
  return isLetter(unit) || (unit >= 0x30 && unit <= 0x39) || unit === 0x2d || unit === 0x5f;
}

function isNameCharacter(unit: number): boolean {
  return unit !== 0 && !isQuote(unit);
}
