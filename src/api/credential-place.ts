/**
 * Whether what stands at a place is a credential: after `key=`, in a header such as `x-goog-api-key: ` or
 * `authorization: Bearer `, or as the JSON string, or the first one of a list, under a name with "key", "token" or
 * "authorization".
 *
 * @param before the character before it, in lower case: 1 is next to it; 0 stands for none
 * @param after some characters that follow
 */
export function isCredentialPlace(before: (distance: number) => number, after: () => string): boolean {
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
