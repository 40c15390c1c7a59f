import { stripVTControlCharacters } from 'node:util';

/** Puts foreign text on one line of at most 300 characters, without what a terminal would obey. */
export function oneLine(text: string): string {
  const line = stripVTControlCharacters(text.slice(0, 10_000))
    .replace(/[^\P{Cc}\s]|[\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

const longest = 300;
