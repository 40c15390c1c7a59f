import { type Format, formats } from './formats.ts';

/** Names text formats: SVG, HTML, XML, a Git LFS pointer, or plain text. */
export function identifyText(bytes: Buffer): Format | undefined {
  const text = decode(bytes);
  if (text === undefined) return undefined;
  if (text.startsWith('version https://git-lfs.github.com/spec/')) return formats.gitLfs;
  const root = rootElement(text);
  if (root === 'svg' || root?.endsWith(':svg')) return formats.svg;
  if (root === 'html' || /^\s*<!doctype html/i.test(text)) return formats.html;
  return text.startsWith('<?xml') ? formats.xml : formats.text;
}

/** Text in UTF-8 or in UTF-16 with a byte order mark; undefined where a control character says it is none. */
function decode(bytes: Buffer): string | undefined {
  const mark = bytes.toString('latin1', 0, 2);
  const encoding = mark === '\xff\xfe' ? 'utf-16le' : mark === '\xfe\xff' ? 'utf-16be' : 'utf-8';
  // A stream decoder leaves alone a character that the end of the head cuts in two.
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return text === '' || /[^\P{Cc}\t\n\v\f\r]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The first element's name in lower case, past an XML prologue, a document type and comments. */
function rootElement(text: string): string | undefined {
  const prologue = /^\s*(?:(?:<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!doctype[^[>]*(?:\[[\s\S]*?\])?[^>]*>)\s*)*/i;
  const rest = text.slice(prologue.exec(text)?.[0].length);
  return /^<([\w:-]+)/.exec(rest)?.[1]?.toLowerCase();
}
