import type { ReadAt } from '../bytes.ts';
import { readExif, reduceExif } from './exif.ts';
import type { Dimensions } from './image-format.ts';
import { type Draft, damaged, type FormatReader, type ImageBytes, maxParts } from './image-format.ts';

/** WebP: https://developers.google.com/speed/webp/docs/riff_container */
export const webp: FormatReader = { measure, endsAt, strip };

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly content: number;
  /** Of the content, as the chunk has it. */
  readonly size: number;
  /** After the padding, or the end of a truncated file. */
  readonly end: number;
}

function* chunks(readAt: ReadAt, from: number, to: number): Generator<Chunk> {
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

/** The first chunk tells the size. */
function measure(image: ImageBytes): Dimensions | undefined {
  const head = image.readAt(0, 30);
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ': {
      // Lossy, a key frame: https://www.rfc-editor.org/rfc/rfc6386#section-9.1
      const [width, height] = [head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff];
      return { width, height, orientation: 1 };
    }
    case 'VP8L': {
      // Lossless, 14 bits each, less one: https://www.rfc-editor.org/rfc/rfc9649#section-3.4
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, orientation: 1 };
    }
    case 'VP8X': {
      // Extended: the canvas, less one.
      const [width, height] = [head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1];
      return { width, height, orientation: announcesExif(head) ? orientation(image) : 1 };
    }
    default:
      return undefined;
  }
}

/** Where VP8X has its flags. */
const flags = 20;
const exifFlag = 0x08;
const xmpFlag = 0x04;

/** Decoders look for EXIF data only where VP8X announces it. */
function announcesExif(head: Buffer): boolean {
  return (head.readUInt8(flags) & exifFlag) !== 0;
}

function orientation({ readAt, bytes }: ImageBytes): number {
  let count = 0;
  for (const { type, content, size } of chunks(readAt, 12, bytes)) {
    if (type === 'EXIF') return readExif(readAt, content, content + size).orientation;
    count += 1;
    if (count === maxParts) break;
  }
  return 1;
}

/** The size of all that follows comes first. What is larger than this no decoder takes: it was never filled in. */
function endsAt({ readAt }: ImageBytes): number | undefined {
  const head = readAt(0, 12);
  if (!/^RIFF.{4}WEBP$/s.test(head.toString('latin1'))) return undefined;
  const size = head.readUInt32LE(4);
  return size <= 2 ** 32 - 10 ? 8 + size : undefined;
}

/**
 * Keeps the picture or the animation, its colour profile and its orientation, and corrects the sizes and flags that tell of
 * the rest.
 */
function strip({ readAt, bytes }: ImageBytes, draft: Draft): void {
  const head = Buffer.from(readAt(0, 30));
  const form = head.toString('latin1', 0, 4) + head.toString('latin1', 8, 12);
  if (form !== 'RIFFWEBP') throw damaged('it is not a WebP image');
  const isExtended = head.toString('latin1', 12, 16) === 'VP8X';
  if (isExtended && head.readUInt32LE(16) !== 10) throw damaged();
  const header = head.subarray(0, isExtended ? 30 : 12);
  draft.insert(header);

  let size = header.length - 8;
  let keepsExif = false;
  let at = header.length;
  const seen = new Set<string>();
  for (const chunk of chunks(readAt, at, Math.min(bytes, 8 + even(head.readUInt32LE(4))))) {
    const isExif = chunk.type === 'EXIF' && isExtended && announcesExif(header) && !seen.has('EXIF');
    const written = isExif ? stripExif(readAt, chunk, draft) : stripChunk(readAt, chunk, draft);
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
}

const pictureChunks = ['VP8 ', 'VP8L', 'ANMF'];
const keptChunks = new Set(['VP8 ', 'VP8L', 'ALPH', 'ICCP', 'ANIM']);
const names: Readonly<Record<string, string>> = { EXIF: 'EXIF', 'XMP ': 'XMP' };

/** This and the next two return how many bytes they leave, going by the sizes that the chunks tell. */
function stripExif(readAt: ReadAt, { start, content, size, end }: Chunk, draft: Draft): number {
  const { replacement, removed } = reduceExif(readAt, content, Math.min(end, content + size));
  draft.remove(...removed);
  if (replacement === undefined) return 0;
  if (removed.length === 0) draft.keep(start, end);
  else draft.insert(Buffer.concat([chunkHead('EXIF', replacement.length), replacement]));
  return 8 + replacement.length;
}

function stripChunk(readAt: ReadAt, chunk: Chunk, draft: Draft): number {
  if (chunk.type === 'ANMF') return stripFrame(readAt, chunk, draft);
  if (!keptChunks.has(chunk.type)) {
    draft.remove(names[chunk.type] ?? 'other data');
    return 0;
  }
  draft.keep(chunk.start, chunk.end);
  return 8 + even(chunk.size);
}

/** A frame of an animation: where it goes, in 16 bytes, and then chunks of its own. */
function stripFrame(readAt: ReadAt, { content, end }: Chunk, draft: Draft): number {
  if (content + 16 > end) throw damaged();
  const head = Buffer.concat([chunkHead('ANMF', 0), readAt(content, 16)]);
  draft.insert(head);
  let size = 16;
  for (const chunk of chunks(readAt, content + 16, end)) {
    if (chunk.type === 'ANMF') throw damaged();
    size += stripChunk(readAt, chunk, draft);
  }
  head.writeUInt32LE(size, 4);
  return 8 + size;
}

function chunkHead(type: string, size: number): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(size, 4);
  return head;
}
