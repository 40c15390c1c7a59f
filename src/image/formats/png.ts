import type { ReadAt } from '../bytes.ts';
import { readExif, reduceExif } from './exif.ts';
import type { Dimensions } from './image-format.ts';
import { type Draft, damaged, type FormatReader, type ImageBytes, maxParts } from './image-format.ts';

/** PNG, animated or not: https://www.w3.org/TR/png-3/ */
export const png: FormatReader = { measure, endsAt, strip };

const signature = '\x89PNG\r\n\x1a\n';

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly content: number;
  /** After the checksum, even where the file is truncated. */
  readonly end: number;
}

/** Walks all chunks up to and including IEND, or to the end of a truncated file: section 5.3. */
function* chunks({ readAt, bytes }: ImageBytes): Generator<Chunk> {
  let start = signature.length;
  while (start < bytes) {
    const head = readAt(start, 8);
    const type = head.toString('latin1', 4, 8);
    const end = start + 12 + (head.length < 8 ? 0 : head.readUInt32BE(0));
    yield { type, start, content: start + 8, end };
    if (type === 'IEND') return;
    start = end;
  }
}

function isName(type: string): boolean {
  return /^[A-Za-z]{4}$/.test(type);
}

/** IHDR is always the first chunk, and eXIf may come before or after the pixels: sections 11.2.1 and 11.3.4.5. */
function measure(image: ImageBytes): Dimensions | undefined {
  const header = image.readAt(8, 16);
  if (header.toString('latin1', 4, 8) !== 'IHDR') return undefined;
  const [width, height] = [header.readUInt32BE(8), header.readUInt32BE(12)];
  return { width, height, orientation: orientation(image) };
}

function orientation(image: ImageBytes): number {
  let count = 0;
  for (const { type, content, end } of chunks(image)) {
    if (type === 'eXIf') return readExif(image.readAt, content, end - 4).orientation;
    count += 1;
    if (count === maxParts) break;
  }
  return 1;
}

/** The last chunk is IEND, and empty: section 11.2.5. A missing checksum does not count. */
function endsAt(image: ImageBytes): number | undefined {
  const { readAt, bytes } = image;
  if (readAt(Math.max(0, bytes - 12), 12).toString('latin1') === '\0\0\0\0IEND\xae\x42\x60\x82') return bytes;
  if (readAt(0, 8).toString('latin1') !== signature) return undefined;
  let count = 0;
  for (const { type, content, end } of chunks(image)) {
    count += 1;
    if (type === 'IEND') return Math.min(end, bytes);
    if (content <= bytes && (!isName(type) || count > maxParts)) return undefined;
  }
  return bytes + 12;
}

/**
 * Keeps the critical chunks, and of the others those that bear on how the picture looks. The orientation that an eXIf chunk
 * tells stays; one in a text chunk ("Raw profile type exif") goes, as few readers ever followed it.
 */
function strip(image: ImageBytes, draft: Draft): void {
  const { readAt, bytes } = image;
  if (readAt(0, 8).toString('latin1') !== signature) throw damaged('it is not a PNG image');
  draft.keep(0, 8);
  const seen = new Set<string>();
  let at = 8;
  for (const chunk of chunks(image)) {
    const { type, start, content } = chunk;
    if (content <= bytes && !isName(type)) throw damaged();
    at = Math.min(chunk.end, bytes);
    if (isKept(type)) draft.keep(start, at);
    else if (type === 'eXIf' && !seen.has(type)) stripExif(readAt, { ...chunk, end: at }, draft);
    else draft.remove(nameOf(type, readAt(content, Math.min(longestKeyword, Math.max(0, at - content)))));
    seen.add(type);
  }
  if (!seen.has('IDAT')) throw damaged();
  if (at < bytes) draft.remove('trailing data');
}

/** A capital letter says that no decoder can do without: section 5.4. */
function isKept(type: string): boolean {
  return /^[A-Z]/.test(type) || keptChunks.has(type);
}

const keptChunks = new Set(
  'tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(' '),
);

function stripExif(readAt: ReadAt, { start, content, end }: Chunk, draft: Draft): void {
  const { replacement, removed } = reduceExif(readAt, content, end - 4);
  draft.remove(...removed);
  if (removed.length === 0) draft.keep(start, end);
  else if (replacement) draft.insert(chunk('eXIf', replacement));
}

function chunk(type: string, content: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, 'latin1');
  content.copy(bytes, 8);
  bytes.writeUInt32BE(checksum(bytes.subarray(4, 8 + content.length)), 8 + content.length);
  return bytes;
}

/** CRC-32: section 5.5. node:zlib has one, and would be loaded at every start for it. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function nameOf(type: string, head: Buffer): string {
  if (!['tEXt', 'zTXt', 'iTXt'].includes(type)) return names[type] ?? 'other data';
  const keyword = head.toString('latin1');
  if (/^(?:XML:com\.adobe\.xmp|Raw profile type xmp)\0/.test(keyword)) return 'XMP';
  if (/^Raw profile type (?:exif|APP1)\0/.test(keyword)) return 'EXIF';
  return /^Raw profile type (?:iptc|8bim)\0/.test(keyword) ? 'IPTC' : 'text';
}

const longestKeyword = 80;

const names: Readonly<Record<string, string>> = {
  eXIf: 'EXIF',
  tIME: 'time of the last change',
  caBX: 'content credentials',
};
