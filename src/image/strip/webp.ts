import { exifFlag } from '../dimensions/webp.ts';
import type { ReadAt } from '../readable.ts';
import { reduceExif } from './orientation.ts';
import { type Draft, damaged, draftPlan, type StripPlan } from './plan.ts';

/**
 * Keeps the picture or the film, its colour profile and its orientation, and mends the sizes and flags that tell of the
 * rest. Chunks: https://developers.google.com/speed/webp/docs/riff_container. Throws an `ImageError` for a file that cannot
 * be followed.
 */
export function planWebpStrip(readAt: ReadAt, bytes: number): StripPlan {
  const head = Buffer.from(readAt(0, 30));
  const form = head.toString('latin1', 0, 4) + head.toString('latin1', 8, 12);
  if (form !== 'RIFFWEBP') throw damaged('it is not a WebP image');
  const isExtended = head.toString('latin1', 12, 16) === 'VP8X';
  if (isExtended && head.readUInt32LE(16) !== 10) throw damaged();
  const header = head.subarray(0, isExtended ? 30 : 12);
  const draft = draftPlan();
  draft.insert(header);

  let size = header.length - 8;
  let keepsExif = false;
  let at = header.length;
  const seen = new Set<string>();
  for (const chunk of chunksOf(readAt, at, Math.min(bytes, 8 + even(head.readUInt32LE(4))))) {
    const isExif = chunk.type === 'EXIF' && isExtended && announcesExif(header) && !seen.has('EXIF');
    const written = isExif ? planExif(draft, readAt, chunk) : planChunk(draft, readAt, chunk);
    size += written;
    keepsExif ||= isExif && written > 0;
    seen.add(chunk.type);
    at = chunk.end;
  }
  if (!pictureChunks.some((type) => seen.has(type))) throw damaged();
  if (at < bytes) draft.remove('trailing data');

  header.writeUInt32LE(size, 4);
  if (isExtended)
    header[flags] = (header.readUInt8(flags) & ~(exifFlag | xmpFlag)) | (keepsExif ? exifFlag : 0);
  return draft.finish();
}

/** Where VP8X has its flags. */
const flags = 20;
const xmpFlag = 0x04;
const pictureChunks = ['VP8 ', 'VP8L', 'ANMF'];
const keptChunks = new Set(['VP8 ', 'VP8L', 'ALPH', 'ICCP', 'ANIM']);

function announcesExif(header: Buffer): boolean {
  return (header.readUInt8(flags) & exifFlag) !== 0;
}

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly content: number;
  /** Of the content, as the chunk has it. */
  readonly size: number;
  /** Behind the padding, or the end of a file that is cut short. */
  readonly end: number;
}

function* chunksOf(readAt: ReadAt, from: number, to: number): Generator<Chunk> {
  for (let start = from; start + 8 <= to; ) {
    const head = readAt(start, 8);
    const size = head.readUInt32LE(4);
    const content = start + 8;
    const end = Math.min(to, content + even(size));
    yield { type: head.toString('latin1', 0, 4), start, content, size, end };
    start = end;
  }
}

/** Chunks of odd size are padded. */
function even(size: number): number {
  return size + (size % 2);
}

/** This and the next two return how many bytes they leave, going by the sizes that the chunks tell. */
function planExif(draft: Draft, readAt: ReadAt, { start, content, size, end }: Chunk): number {
  const { replacement, removed } = reduceExif(readAt, content, Math.min(end, content + size));
  draft.remove(...removed);
  if (replacement === undefined) return 0;
  if (removed.length === 0) draft.keep(start, end);
  else draft.insert(Buffer.concat([chunkHead('EXIF', replacement.length), replacement]));
  return 8 + replacement.length;
}

function planChunk(draft: Draft, readAt: ReadAt, chunk: Chunk): number {
  if (chunk.type === 'ANMF') return planFrame(draft, readAt, chunk);
  if (!keptChunks.has(chunk.type)) {
    draft.remove(names[chunk.type] ?? 'other data');
    return 0;
  }
  draft.keep(chunk.start, chunk.end);
  return 8 + even(chunk.size);
}

/** A frame of a film: where it goes, in 16 bytes, and then chunks of its own. */
function planFrame(draft: Draft, readAt: ReadAt, { content, end }: Chunk): number {
  if (content + 16 > end) throw damaged();
  const head = Buffer.concat([chunkHead('ANMF', 0), readAt(content, 16)]);
  draft.insert(head);
  let size = 16;
  for (const chunk of chunksOf(readAt, content + 16, end)) {
    if (chunk.type === 'ANMF') throw damaged();
    size += planChunk(draft, readAt, chunk);
  }
  head.writeUInt32LE(size, 4);
  return 8 + size;
}

function chunkHead(type: string, size: number): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(size, 4);
  return head;
}

const names: Readonly<Record<string, string>> = { EXIF: 'EXIF', 'XMP ': 'XMP' };
