import { nextTurn } from '../http/retry.ts';
import { isStringIntroducer } from '../printable.ts';
import { longestSpelling, unitsOf } from './unescape.ts';

/** Where a key stands in a text: from the first unit of its spelling to the one after its last. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * How the letters of a key may be spelled: as they are; also escaped, for JSON, a URL or HTML, more than once, and for
 * several of them; also with escape sequences between them, which a terminal does not show.
 */
export type Spelling = 'plain' | 'escaped' | 'interrupted';

/** Whether a key counts where it stands. */
export type Counts = (before: (distance: number) => number, after: () => string) => boolean;

/**
 * Finds a key in a text, in any case, since host names lose theirs, and with anything between its letters that no key has:
 * whatever is not printable ASCII, such as control and zero-width characters, and where letters may be escaped, backslashes.
 * The time grows with the length of the text alone: each unit is read once and unescaped at most once, and the search is
 * that of Knuth, Morris and Pratt. Of the text it holds the last units only, so that one could come in pieces.
 *
 * @param counts whether the key counts where it was found: told the character at each distance before it, in lower case and 0 for
 *   none, and what follows; everywhere unless given
 */
export function findKey(text: string, key: string, spelling: Spelling, counts?: Counts): readonly Place[] {
  const steps = findInSteps(text, key, spelling, counts);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same for a text of many megabytes: others have a turn every few of them. */
export async function findKeyInTurns(...wanted: Parameters<typeof findKey>): Promise<readonly Place[]> {
  const steps = findInSteps(...wanted);
  for (let step = 1; ; step += 1) {
    const { done, value } = steps.next();
    if (done) return value;
    if (step % stepsPerTurn === 0) await nextTurn();
  }
}

/** Of 64 Ki units each. */
const stepsPerTurn = 128;

/** Finds the key step by step. */
function* findInSteps(
  text: string,
  key: string,
  spelling: Spelling,
  counts: Counts | undefined,
): Generator<undefined, readonly Place[]> {
  const letters = lettersOf(key, spelling);
  if (letters.length === 0 || (spelling === 'plain' && !mayHold(text, letters))) return [];
  const search = new Search(letters, text, spelling, counts);
  for (const { units, starts, count } of unitsOf(text, spelling !== 'plain')) {
    search.read(units, starts, count);
    yield;
  }
  return search.places;
}

/** Whether the first letters of a key are in a text: no other has to be read unit by unit. */
function mayHold(text: string, letters: Uint8Array): boolean {
  const first = Buffer.from(letters.subarray(0, 8)).toString('latin1');
  // Letters of other alphabets that become ASCII in lower case are gone by then.
  return text
    .replace(/[^ -~]+/g, '')
    .toLowerCase()
    .includes(first);
}

class Search {
  readonly places: Place[] = [];
  readonly #letters: Uint8Array;
  readonly #fallbacks: Uint32Array;
  readonly #text: string;
  readonly #counts: Counts | undefined;
  /** What is passed over, though it is printable. */
  readonly #skipped: number;
  readonly #sequences: SequenceReader | undefined;
  /** The letters read last and where they started, in a ring: those of the key, and some before it. */
  readonly #recent: Uint8Array;
  readonly #recentStarts: Uint32Array;
  #count = 0;
  #matched = 0;

  constructor(letters: Uint8Array, text: string, spelling: Spelling, counts: Counts | undefined) {
    this.#letters = letters;
    this.#fallbacks = fallbacksOf(letters);
    this.#text = text;
    this.#counts = counts;
    this.#skipped = spelling === 'plain' ? -1 : backslash;
    this.#sequences = spelling === 'interrupted' ? new SequenceReader() : undefined;
    const size = 2 ** Math.ceil(Math.log2(letters.length + maxContext));
    this.#recent = new Uint8Array(size);
    this.#recentStarts = new Uint32Array(size);
  }

  /** Reads the next units of the text; in `starts`, the place after the last one stands, too. */
  read(units: Uint16Array, starts: Uint32Array, length: number): void {
    const letters = this.#letters;
    const fallbacks = this.#fallbacks;
    const isAlone = this.#counts === undefined;
    const skipped = this.#skipped;
    const sequences = this.#sequences;
    const recent = this.#recent;
    const recentStarts = this.#recentStarts;
    const mask = recent.length - 1;
    const first = letters[0] as number;
    let count = this.#count;
    let matched = this.#matched;
    for (let at = 0; at < length; at += 1) {
      const unit = units[at] as number;
      if (sequences?.holds(unit) || unit < 0x20 || unit > 0x7e || unit === skipped) continue;
      const letter = lowerCase(unit);
      if (matched === 0 && letter !== first && isAlone) continue;
      recent[count & mask] = letter;
      recentStarts[count & mask] = starts[at] as number;
      count += 1;
      while (matched > 0 && letters[matched] !== letter) matched = fallbacks[matched - 1] as number;
      if (letters[matched] === letter) matched += 1;
      if (matched < letters.length) continue;
      this.#count = count;
      const isFound = this.#take(starts[at + 1] as number);
      matched = isFound ? 0 : (fallbacks[matched - 1] as number);
    }
    this.#count = count;
    this.#matched = matched;
  }

  #take(end: number): boolean {
    const start = this.#count - this.#letters.length;
    const mask = this.#recent.length - 1;
    if (this.#counts !== undefined) {
      const before = (distance: number) =>
        distance > start || distance > maxContext ? 0 : (this.#recent[(start - distance) & mask] as number);
      if (!this.#counts(before, () => this.#text.slice(end, end + longestSpelling))) return false;
    }
    this.places.push({ start: this.#recentStarts[start & mask] as number, end });
    return true;
  }
}

/** What is remembered of what stands before a key. */
const maxContext = 64;
const backslash = 0x5c;

function lettersOf(key: string, spelling: Spelling): Uint8Array {
  const letters: number[] = [];
  const skipped = spelling === 'plain' ? -1 : backslash;
  for (const { units, count } of unitsOf(key, spelling !== 'plain'))
    for (const unit of units.subarray(0, count))
      if (unit >= 0x20 && unit <= 0x7e && unit !== skipped) letters.push(lowerCase(unit));
  return Uint8Array.from(letters);
}

function lowerCase(unit: number): number {
  return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
}

/** By length, how much of the key is matched still where it goes on in another way. */
function fallbacksOf(letters: Uint8Array): Uint32Array {
  const fallbacks = new Uint32Array(letters.length);
  for (let at = 1, matched = 0; at < letters.length; at += 1) {
    while (matched > 0 && letters[at] !== letters[matched]) matched = fallbacks[matched - 1] as number;
    if (letters[at] === letters[matched]) matched += 1;
    fallbacks[at] = matched;
  }
  return fallbacks;
}

/** Tells what is part of an escape sequence: https://ecma-international.org/publications-and-standards/standards/ecma-48/ */
class SequenceReader {
  #inside: Inside = 'nothing';

  /** Whether the next unit is part of one. */
  holds(unit: number): boolean {
    const before = this.#inside;
    if (unit === 0x1b) this.#inside = 'escape';
    // Each character of C1 stands for an escape character and another one.
    else if (unit >= 0x80 && unit <= 0x9f) this.#inside = afterEscape(unit - 0x40);
    else if (unit < 0x20 || unit === 0x7f) this.#inside = 'nothing';
    else if (before === 'escape') this.#inside = afterEscape(unit);
    else if (before === 'control' && unit >= 0x40) this.#inside = 'nothing';
    return before !== 'nothing' || this.#inside !== 'nothing';
  }
}

type Inside = 'nothing' | 'escape' | 'control' | 'string';

function afterEscape(unit: number): Inside {
  if (unit < 0x30) return 'escape';
  if (unit === 0x5b) return 'control';
  return isStringIntroducer(unit) ? 'string' : 'nothing';
}
