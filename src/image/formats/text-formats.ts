import { recogniseBrand } from './containers.ts';
import { sniff } from './fast-sniff.ts';
import type { Format } from './image-format.ts';
import { formats, recogniseSignature } from './signatures.ts';

/** Recognises text formats: SVG, HTML, XML, an image as base64, what stands in for a file, or plain text. */
export function recogniseText(bytes: Buffer): Format | undefined {
  const text = decode(bytes);
  if (text === undefined) return undefined;
  const begin = textSignatures.find(([, pattern]) => pattern.test(text));
  if (begin !== undefined) return formats[begin[0]];
  const root = rootElement(text);
  if (root !== undefined) return byRoot(root);
  return imageAsBase64(text) ?? formats.text;
}

const textSignatures: readonly (readonly [format: keyof typeof formats, pattern: RegExp])[] = [
  ['gitLfs', /^version https:\/\/git-lfs\.github\.com\/spec\//],
  ['webShortcut', /^\s*\[(?:InternetShortcut|Desktop Entry)\]/],
  ['json', /^\s*(?:\{\s*"[^"]*"\s*:|\[\s*[[{"]|[{[]\s*[\]}]\s*$)/],
  ['xpm', /^\/\* XPM \*\//],
  ['xbm', /^(?:\/\*[^*]*\*\/)?\s*#define \w+_width \d/],
];

/**
 * Text in UTF-8, in UTF-16, or else in a character set like Latin-1; undefined where a control character says it is none,
 * or where it is no markup and too many characters are not ASCII to be sure.
 */
function decode(bytes: Buffer): string | undefined {
  const text = decodeAs(encodingOf(bytes), bytes) ?? decodeMostlyAscii(bytes);
  return text === '' || text === undefined || /[^\P{Cc}\t\n\v\f\r]/u.test(text) ? undefined : text;
}

/** By a byte order mark, or by a first `<`: https://www.w3.org/TR/xml/#sec-guessing */
function encodingOf(bytes: Buffer): string {
  const mark = bytes.toString('latin1', 0, 2);
  if (mark === '\xff\xfe' || mark === '<\0') return 'utf-16le';
  return mark === '\xfe\xff' || mark === '\0<' ? 'utf-16be' : 'utf-8';
}

function decodeAs(encoding: string, bytes: Buffer): string | undefined {
  // A stream decoder leaves alone a character that the end of the head cuts in two.
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

const lessThan = 0x3c;

function decodeMostlyAscii(bytes: Buffer): string | undefined {
  const others = bytes.reduce((count, byte) => count + (byte >= 0x80 ? 1 : 0), 0);
  // The control characters of Latin-1 are letters in other character sets.
  if (others > bytes.length / 4 && bytes[0] !== lessThan) return undefined;
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, '?');
}

/** The first element's name in lower case, as the document type says it or as it stands after comments. */
function rootElement(text: string): string | undefined {
  const start = afterComments(text);
  const name = /^<!doctype\s+([\w:.-]+)/i.exec(start) ?? /^<([\w:.-]+)(?:[\s/>]|$)/.exec(start);
  return name?.[1]?.toLowerCase() ?? (text.startsWith('<?xml') ? 'xml' : undefined);
}

/** What follows white space, processing instructions and comments; nothing where one of them is not closed. */
function afterComments(text: string): string {
  let rest = text.trimStart();
  for (;;) {
    const close = rest.startsWith('<?') ? '?>' : rest.startsWith('<!--') ? '-->' : undefined;
    if (close === undefined) return rest;
    const end = rest.indexOf(close);
    if (end === -1) return '';
    rest = rest.slice(end + close.length).trimStart();
  }
}

function byRoot(root: string): Format {
  if (root === 'svg' || root.endsWith(':svg')) return formats.svg;
  if (root === 'plist') return formats.propertyList;
  return htmlElements.test(root) ? formats.html : formats.xml;
}

const htmlElements =
  /^(?:html|head|title|meta|link|style|script|body|div|center|font|table|h[1-6]|pre|p|b|br)$/;

/**
 * An image that was saved as base64 (RFC 4648, section 4), or as the `data:` URL of a web page (RFC 2397); undefined for any
 * other text. Each expression here takes time in proportion to the text: no two parts of it match the same characters.
 */
function imageAsBase64(text: string): Format | undefined {
  const trimmed = text.trim();
  const start = /^data:[^,]*,/.exec(trimmed)?.[0] ?? '';
  const isUrl = start.endsWith(';base64,');
  const encoded = trimmed.slice(start.length);
  if (start !== '' && !isUrl) return undefined;
  if (!/^[\w+/\r\n]{32,}={0,2}$/.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Some signatures are so short that a path may be one in base64: "/world" would be JPEG XL.
  const format = sniff(bytes) ?? recogniseBrand(bytes) ?? (isUrl ? recogniseSignature(bytes) : undefined);
  if (!format?.mimeType.startsWith('image/')) return undefined;
  const decode = isUrl ? 'cut -d, -f2 {in} | base64 -d' : 'base64 -d < {in}';
  return {
    mimeType: 'text/plain',
    name: `the base64 text of ${format.name}`,
    sendable: false,
    conversion: `${decode} > picture.${/[a-z0-9]+$/.exec(format.mimeType)?.[0]}`,
  };
}
