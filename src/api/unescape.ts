/** Units of a text, those of UTF-16, as what they stand for where they were escaped. */
interface Units {
  readonly units: Uint16Array;
  /** Where the spelling of each starts, and where the last one ends. */
  readonly starts: Uint32Array;
  readonly count: number;
}

/** Yields the units of a text, unescaped if so wanted; they hold until the next ones are asked for. */
export function* unitsOf(text: string, unescapes: boolean): Generator<Units> {
  const size = Math.min(text.length, blockLength) + 1;
  const units = new Uint16Array(size);
  const starts = new Uint32Array(size);
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    units[count] = unit;
    starts[count] = at;
    count += 1;
    if (unescapes && endsSpelling(unit)) count = unescapeEnd(units, count);
    else if (unescapes && isLineEscape(unit) && units[count - 2] === backslash) {
      count -= 1;
      units[count - 1] = newline;
    }
    if (count + 1 < size) continue;
    starts[count] = at + 1;
    // The last ones can yet turn out to be the beginning of another.
    const done = Math.max(0, count - longestSpelling);
    yield { units, starts, count: done };
    units.copyWithin(0, done, count);
    starts.copyWithin(0, done, count);
    count -= done;
  }
  starts[count] = text.length;
  yield { units, starts, count };
}

/** More than the longest spelling of one unit that is known, `&#x0000ad;`. */
export const longestSpelling = 12;

/** A hexadecimal digit, or a semicolon. */
function endsSpelling(unit: number): boolean {
  return (
    (unit >= 0x30 && unit <= 0x39) || unit === semicolon || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x66)
  );
}

/** What `\n`, `\r` and `\t` end with in JSON; which one it is makes no difference, all are passed over. */
function isLineEscape(unit: number): boolean {
  return unit === 0x6e || unit === 0x72 || unit === 0x74;
}

const blockLength = 64 * 1024;
const newline = 0x0a;
const backslash = 0x5c;
const [percent, ampersand, semicolon, hash, letterU, letterX] = [0x25, 0x26, 0x3b, 0x23, 0x75, 0x78];

/** Puts one unit in the place of the last ones where they spell it, again and again; returns how many there are then. */
function unescapeEnd(units: Uint16Array, length: number): number {
  let count = length;
  for (;;) {
    const from = units[count - 1] === semicolon ? referenceStart(units, count) : numberStart(units, count);
    const unit = from < 0 ? -1 : meaningOf(units, from, count);
    if (unit < 0) return count;
    units[from] = unit;
    count = from + 1;
  }
}

function referenceStart(units: Uint16Array, count: number): number {
  const least = Math.max(0, count - longestSpelling);
  let at = count - 2;
  while (at >= least && units[at] !== ampersand) at -= 1;
  return at < least ? -1 : at;
}

/** Where `%41`, `\x41` or `\u0041` starts, if it ends here. */
function numberStart(units: Uint16Array, count: number): number {
  if (count >= 3 && units[count - 3] === percent) return count - 3;
  if (count >= 4 && units[count - 3] === letterX && units[count - 4] === backslash) return count - 4;
  return count >= 6 && units[count - 5] === letterU && units[count - 6] === backslash ? count - 6 : -1;
}

/** What is spelled from an escaping character on; below 0 for nothing. */
function meaningOf(units: Uint16Array, from: number, count: number): number {
  if (units[from] === percent) return numberIn(units, from + 1, count, 16);
  if (units[from] === backslash) return numberIn(units, from + 2, count, 16);
  if (units[from + 1] !== hash) return references.get(nameIn(units, from + 1, count - 1)) ?? -1;
  const isHexadecimal = ((units[from + 2] as number) | 0x20) === letterX;
  return isHexadecimal ? numberIn(units, from + 3, count - 1, 16) : numberIn(units, from + 2, count - 1, 10);
}

/** A name as one number, for a table that is looked into very often; no two names of ASCII share one. */
function nameIn(units: ArrayLike<number>, from: number, to: number): number {
  let name = 0;
  for (let at = from; at < to; at += 1) name = name * 0x80 + (units[at] as number);
  return name;
}

function numberIn(units: Uint16Array, from: number, to: number, base: number): number {
  if (from >= to) return -1;
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = digitValue(units[at] as number);
    if (digit >= base) return -1;
    value = value * base + digit;
  }
  return value <= 0xffff ? value : -1;
}

/** Of a digit in any base up to 16; 16 for what is none. */
function digitValue(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16;
}

/** What pages need for the characters of a key, and what they hide between them. */
const references: ReadonlyMap<number, number> = new Map(
  Object.entries({
    amp: 0x26,
    lt: 0x3c,
    gt: 0x3e,
    quot: 0x22,
    apos: 0x27,
    shy: 0xad,
    zwj: 0x200d,
    zwnj: 0x200c,
  }).map(([name, unit]) => [nameIn(Buffer.from(name), 0, name.length), unit]),
);
