import { stripVTControlCharacters } from 'node:util';
import { hideKey } from './secret.ts';

const longest = 300;

/**
 * Makes what a server says fit to be repeated: on one line, without control characters, without the key, and shortened.
 * In this order: a control character between two letters of the key would hide it, and a cut could leave most of it.
 */
export function repeatable(text: string, apiKey: string | undefined): string {
  const line = stripVTControlCharacters(text)
    .replace(/[^\P{Cc}\s]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  const shown = hideKey(line, apiKey);
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
}
