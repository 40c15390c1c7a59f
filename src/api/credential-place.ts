/**
 * Whether what stands at a place is a credential: after `key=`, in a header such as `x-goog-api-key: ` or
 * `authorization: Bearer `, or as the JSON string, or the first one of a list, under a name with "key", "token" or
 * "authorization".
 *
 * @param before the characters before it, in lower case: 1 is next to it; 0 stands for none
 * @param after some characters that follow
 */
export function isCredentialPlace(before: (distance: number) => number, after: string): boolean {
  const isIn = (set: string, distance: number) => set.includes(String.fromCharCode(before(distance)));
  const pass = (set: string, from: number) => {
    let at = from;
    while (at < maxDistance && isIn(set, at)) at += 1;
    return at;
  };
  const textOf = (from: number, to: number) => {
    let text = '';
    for (let at = from; at < to; at += 1) text = String.fromCharCode(before(at)) + text;
    return text;
  };

  let isQuoted = isIn(quotes, 1);
  let at = isQuoted ? 2 : 1;
  if (isIn('=', at)) return textOf(at + 1, at + 4) === 'key';
  at = pass(' ', at);
  const scheme = pass(letters, at);
  if (scheme > at) {
    if (isQuoted || at === 1 || !schemes.has(textOf(at, scheme))) return false;
    at = pass(' ', scheme);
    isQuoted = isIn(quotes, at);
    if (isQuoted) at = pass(' ', at + 1);
  }
  if (isQuoted && isIn('[', at)) at = pass(' ', at + 1);
  if (!isIn(':', at)) return false;
  at = pass(' ', at + 1);
  if (!isIn(quotes, at)) return header.test(textOf(at, pass(headerCharacters, at)));
  const end = at + 1;
  let start = end;
  while (start < maxDistance && before(start) !== 0 && !isIn(quotes, start)) start += 1;
  return isQuoted && closing.test(after) && /key|token|authorization/.test(textOf(end, start));
}

/** Names are shorter. */
const maxDistance = 64;

const quotes = '"\'';
const letters = 'abcdefghijklmnopqrstuvwxyz';
const headerCharacters = `${letters}0123456789-_`;
const schemes: ReadonlySet<string> = new Set(['bearer', 'basic']);
const header = /(?:^|[-_])(?:api[-_]?key|authorization)$|[-_]token$/;
/** A quotation mark, as it is or escaped. */
const closing = /^\\*(?:["']|u0022|&quot;|&#34;|%22)/;
