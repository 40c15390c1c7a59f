/**
 * Makes untrusted text safe to print: escape sequences and control characters go, tabs and line ends stay.
 * An image can carry text that a model repeats and a terminal would obey.
 */
export function printable(text: string): string {
  return control.test(text) ? withoutControls(text, false) : text;
}

/** The same for a terminal, which could also be made to show letters in another order than they stand. */
export function printableAtTerminal(text: string): string {
  return controlOrOverride.test(text) ? withoutControls(text, true) : text;
}

/** The same for what has to stay on one line, such as the name of a file. */
export function printableLine(text: string): string {
  return printableAtTerminal(text).replace(/[\n\t]/g, ' ');
}

/** The start of a text on one line of at most `maxLength` characters, for a message: runs of white space become one space. */
export function shortLine(text: string, maxLength = 300): string {
  const line = printableLine(text.slice(0, maxReadLength)).replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…` : line;
}

/** White space and control characters can make a line much shorter than its text; more of them than this are not read. */
const maxReadLength = 64 * 1024;

/** Whether there is nothing to see: white space, control and zero-width characters, escape sequences. */
export function isBlank(text: string): boolean {
  // Nearly all that is not shows it at its start.
  return !isVisible(printable(startOf(text))) && !isVisible(printable(text));
}

/** Not a format character such as a zero-width space, half of a pair, or the empty Braille cell either. */
function isVisible(shown: string): boolean {
  if (shown.trim() === '') return false;
  if (/[!-~]/.test(shown)) return true;
  return /[^\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u.test(shown);
}

/** What stands before the first escape sequence, if there is one, and not more than it takes. */
function startOf(text: string): string {
  const start = text.slice(0, 1000);
  const end = start.search(control);
  return end < 0 ? start : start.slice(0, end);
}

/**
 * C0 and C1 but tab and newline; the second one with what overrides the direction of letters. Properties such as `\p{Cc}`
 * would say the same, and take V8 a tenth of a millisecond each before they are used.
 */
const control = /[^\t\n -~\u00a0-\uffff]/;
const controlOrOverride = /[^\t\n -~\u00a0-\u2029\u202f-\u2065\u206a-\uffff]/;

/** In one pass, whose time grows with the length of the text alone: a hostile one must not take for ever. */
function withoutControls(text: string, dropsOverrides: boolean): string {
  // Not joined from pieces: there could be as many as characters.
  const kept = Buffer.allocUnsafe(2 * Math.min(text.length, pieceLength));
  const pieces: string[] = [];
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === escapeUnit || (unit >= 0x80 && unit <= 0x9f)) {
      at = sequenceEnd(text, at, unit);
      continue;
    }
    at += 1;
    if (isControl(unit) || (dropsOverrides && isOverride(unit))) continue;
    if (bytes === kept.length) {
      pieces.push(kept.toString('utf16le'));
      bytes = 0;
    }
    kept[bytes] = unit & 0xff;
    kept[bytes + 1] = unit >> 8;
    bytes += 2;
  }
  pieces.push(kept.toString('utf16le', 0, bytes));
  return pieces.join('');
}

const pieceLength = 64 * 1024;

/**
 * Where an escape sequence that begins here ends; one that is not complete is taken for its beginning alone. What is looked
 * at for nothing holds no other beginning, so nothing is looked at more than twice.
 * Grammar: https://ecma-international.org/publications-and-standards/standards/ecma-48/
 */
function sequenceEnd(text: string, at: number, unit: number): number {
  const isEscape = unit === escapeUnit;
  // Each character of C1 stands for an escape character and another one.
  const introducer = isEscape ? text.charCodeAt(at + 1) : unit - 0x40;
  const start = at + (isEscape ? 2 : 1);
  if (introducer === openBracket) return controlSequenceEnd(text, start) ?? start;
  if (isStringIntroducer(introducer)) return stringEnd(text, start) ?? start;
  return isEscape ? (shortSequenceEnd(text, at + 1) ?? at + 1) : start;
}

const [escapeUnit, openBracket] = [0x1b, 0x5b];

/** `P`, `X`, `]`, `^` or `_`: what follows is a text for the terminal. */
export function isStringIntroducer(unit: number): boolean {
  return unit === 0x50 || unit === 0x58 || isBetween(unit, 0x5d, 0x5f);
}

/** Parameters, intermediate characters and a final one, as in a change of colour. */
function controlSequenceEnd(text: string, start: number): number | undefined {
  let at = start;
  while (isBetween(text.charCodeAt(at), 0x30, 0x3f)) at += 1;
  while (isBetween(text.charCodeAt(at), 0x20, 0x2f)) at += 1;
  return isBetween(text.charCodeAt(at), 0x40, 0x7e) ? at + 1 : undefined;
}

/** Anything up to a terminator, as in the title of a window. */
function stringEnd(text: string, start: number): number | undefined {
  let at = start;
  while (at < text.length && !isControl(text.charCodeAt(at))) at += 1;
  const end = text.charCodeAt(at);
  if (end === 0x07 || end === 0x9c) return at + 1;
  return end === escapeUnit && text[at + 1] === '\\' ? at + 2 : undefined;
}

/** Intermediate characters and a final one, as in the choice of a character set. */
function shortSequenceEnd(text: string, start: number): number | undefined {
  let at = start;
  while (isBetween(text.charCodeAt(at), 0x20, 0x2f)) at += 1;
  return isBetween(text.charCodeAt(at), 0x30, 0x7e) ? at + 1 : undefined;
}

function isControl(unit: number): boolean {
  return unit < 0x20 ? unit !== 0x09 && unit !== 0x0a : isBetween(unit, 0x7f, 0x9f);
}

function isOverride(unit: number): boolean {
  return isBetween(unit, 0x202a, 0x202e) || isBetween(unit, 0x2066, 0x2069);
}

function isBetween(unit: number, first: number, last: number): boolean {
  return unit >= first && unit <= last;
}
