import type { ReadAt } from '../readable.ts';
import { reduceExif } from './orientation.ts';
import { type Draft, damaged, draftPlan, type StripPlan } from './plan.ts';

/**
 * Keeps the critical chunks, and of the others those that bear on how the picture looks. The orientation that an eXIf chunk
 * tells stays; one in a text chunk ("Raw profile type exif") goes, as few readers ever followed it.
 * Chunks: https://www.w3.org/TR/png-3/#11Chunks. Throws an `ImageError` for a file that cannot be followed.
 */
export function planPngStrip(readAt: ReadAt, bytes: number): StripPlan {
  if (readAt(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') throw damaged('it is not a PNG image');
  const draft = draftPlan();
  draft.keep(0, 8);
  const seen = new Set<string>();
  let at = 8;
  while (at < bytes && !seen.has('IEND')) {
    const chunk = chunkAt(readAt, at, bytes);
    if (isKept(chunk.type)) draft.keep(at, chunk.end);
    else if (chunk.type === 'eXIf' && !seen.has('eXIf')) planExif(draft, readAt, chunk);
    else draft.remove(nameOf(chunk, readAt));
    seen.add(chunk.type);
    at = chunk.end;
  }
  if (!seen.has('IDAT')) throw damaged();
  if (at < bytes) draft.remove('trailing data');
  return draft.finish();
}

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly content: number;
  /** Behind the checksum, or the end of a file that is cut short. */
  readonly end: number;
}

function chunkAt(readAt: ReadAt, start: number, bytes: number): Chunk {
  const head = readAt(start, 8);
  const type = head.toString('latin1', 4, 8);
  if (head.length === 8 && !/^[A-Za-z]{4}$/.test(type)) throw damaged();
  const length = head.length < 8 ? 0 : head.readUInt32BE(0);
  return { type, start, content: start + 8, end: Math.min(bytes, start + 12 + length) };
}

/** A capital letter says that no decoder can do without. */
function isKept(type: string): boolean {
  return /^[A-Z]/.test(type) || keptChunks.has(type);
}

const keptChunks = new Set(
  'tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(' '),
);

function planExif(draft: Draft, readAt: ReadAt, { start, content, end }: Chunk): void {
  const { replacement, removed } = reduceExif(readAt, content, end - 4);
  draft.remove(...removed);
  if (removed.length === 0) draft.keep(start, end);
  else if (replacement) draft.insert(chunkOf('eXIf', replacement));
}

function chunkOf(type: string, content: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + content.length);
  chunk.writeUInt32BE(content.length, 0);
  chunk.write(type, 4, 'latin1');
  content.copy(chunk, 8);
  chunk.writeUInt32BE(checksum(chunk.subarray(4, 8 + content.length)), 8 + content.length);
  return chunk;
}

/** CRC-32, https://www.w3.org/TR/png-3/#5CRC-algorithm; zlib has it only since Node 20.15. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function nameOf({ type, content, end }: Chunk, readAt: ReadAt): string {
  const keyword = readAt(content, Math.min(longestKeyword, Math.max(0, end - content))).toString('latin1');
  if (textChunks.has(type)) {
    if (/^(?:XML:com\.adobe\.xmp|Raw profile type xmp)\0/.test(keyword)) return 'XMP';
    if (/^Raw profile type (?:exif|APP1)\0/.test(keyword)) return 'EXIF';
    if (/^Raw profile type (?:iptc|8bim)\0/.test(keyword)) return 'IPTC';
    return 'text';
  }
  return names[type] ?? 'other data';
}

const textChunks = new Set(['tEXt', 'zTXt', 'iTXt']);
const longestKeyword = 80;

const names: Readonly<Record<string, string>> = {
  eXIf: 'EXIF',
  tIME: 'time of the last change',
  caBX: 'content credentials',
};
