import type { Dimensions } from './image-format.ts';
import { type FormatReader, type ImageBytes, maxParts } from './image-format.ts';

/** HEIF and HEIC: ISO/IEC 14496-12 (boxes) and 23008-12, also told at https://nokiatech.github.io/heif/technical.html */
export const heif: FormatReader = { measure, endsAt };

interface Box {
  readonly type: string;
  readonly start: number;
  readonly content: number;
  /** As its length says, even where the file is truncated. */
  readonly end: number;
}

/** Walks the boxes of a file up to one whose length cannot be: ISO/IEC 14496-12, 4.2. A length of 0 means up to its end. */
function* boxes({ readAt, bytes }: ImageBytes): Generator<Box> {
  let start = 0;
  for (let count = 0; count < maxParts; count += 1) {
    const head = readAt(start, 16);
    if (head.length < 8) return;
    const isLong = head.readUInt32BE(0) === 1;
    const length = isLong ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
    if (length < (isLong ? 16 : 8) && length !== 0) return;
    const end = length === 0 ? bytes : start + length;
    yield { type: head.toString('latin1', 4, 8), start, content: start + (isLong ? 16 : 8), end };
    start = end;
  }
}

/** Only boxes that an image is made of count: another may be something appended that merely looks like a box. */
function endsAt(image: ImageBytes): number | undefined {
  if (image.readAt(4, 4).toString('latin1') !== 'ftyp') return undefined;
  let last: number | undefined;
  for (const { type, end } of boxes(image)) if (imageBoxes.has(type)) last = end;
  return last;
}

const imageBoxes: ReadonlySet<string> = new Set(['ftyp', 'meta', 'mdat', 'moov', 'moof', 'mini']);

/**
 * A still image's size is that of its primary item, a sequence's that of its first picture track. EXIF data does not count:
 * readers ignore its orientation, https://github.com/strukturag/libheif/issues/227 (MIAF, ISO/IEC 23000-22, asks for it).
 */
function measure(image: ImageBytes): Dimensions | undefined {
  const content = (type: string) => boxContent(image, type);
  return primaryItem(content('meta')) ?? firstTrack(content('moov')) ?? minimized(content('mini'));
}

/** Headers of real photographs take a few kilobytes; what lies beyond is ignored. */
const maxHeaderBytes = 4 * 1024 * 1024;
const maxTopBoxes = 100;

/** The content of a box at the top; empty where there is none, or a part of it is missing. */
function boxContent(image: ImageBytes, wanted: string): Buffer {
  let count = 0;
  for (const { type, content, end } of boxes(image)) {
    if (type === wanted) {
      const length = Math.min(end - content, maxHeaderBytes);
      const bytes = image.readAt(content, length);
      if (bytes.length === length) return bytes;
    }
    count += 1;
    if (count === maxTopBoxes) break;
  }
  return none;
}

const none = Buffer.alloc(0);

interface InnerBox {
  readonly type: string;
  readonly content: Buffer;
}

function children(content: Buffer): InnerBox[] {
  const inner: InnerBox[] = [];
  let at = 0;
  while (at + 8 <= content.length) {
    const length = content.readUInt32BE(at);
    if (length < 8) break;
    const type = content.toString('latin1', at + 4, at + 8);
    inner.push({ type, content: content.subarray(at + 8, at + length) });
    at += length;
  }
  return inner;
}

function find(inner: readonly InnerBox[], type: string): Buffer | undefined {
  return inner.find((box) => box.type === type)?.content;
}

/** By the item's properties: `ispe` has the size, before `clap` cuts it and `irot` and `imir` turn and mirror it. */
function primaryItem(meta: Buffer): Dimensions | undefined {
  const inner = children(meta.subarray(4)); // `meta` is a full box: version and flags come first.
  const properties = children(find(inner, 'iprp') ?? none);
  const container = children(find(properties, 'ipco') ?? none);
  const associated = associations(properties, primaryItemId(inner)).flatMap(
    (index) => container[index - 1] ?? [],
  );
  const size = find(associated.length > 0 ? associated : container, 'ispe');
  if (size === undefined) return undefined;
  const [width, height] = cleanAperture(find(associated, 'clap')) ?? [
    size.readUInt32BE(4),
    size.readUInt32BE(8),
  ];
  return { width, height, orientation: orientation(associated) };
}

/** Width and height as fractions, before where they lie: ISO/IEC 14496-12, 12.1.4. */
function cleanAperture(clap: Buffer | undefined): readonly [width: number, height: number] | undefined {
  if (clap === undefined) return undefined;
  const fraction = (at: number) => Math.round(clap.readUInt32BE(at) / clap.readUInt32BE(at + 4));
  const [width, height] = [fraction(0), fraction(8)];
  return Number.isSafeInteger(width * height) ? [width, height] : undefined;
}

function primaryItemId(inner: readonly InnerBox[]): number | undefined {
  const pitm = find(inner, 'pitm');
  if (pitm === undefined) return undefined;
  return pitm.readUInt8(0) === 0 ? pitm.readUInt16BE(4) : pitm.readUInt32BE(4);
}

/** The properties of one item, as places in `ipco` counted from 1. */
function associations(properties: readonly InnerBox[], item: number | undefined): number[] {
  const ipma = find(properties, 'ipma');
  if (ipma === undefined) return [];
  const isWideItem = ipma.readUInt8(0) > 0;
  const isWideIndex = (ipma.readUInt8(3) & 1) === 1;
  const entries = ipma.readUInt32BE(4);
  let at = 8;
  for (let entry = 0; entry < entries; entry += 1) {
    const id = isWideItem ? ipma.readUInt32BE(at) : ipma.readUInt16BE(at);
    at += isWideItem ? 4 : 2;
    const count = ipma.readUInt8(at);
    at += 1;
    const indexes: number[] = [];
    for (let index = 0; index < count; index += 1) {
      // The top bit says whether the property is essential.
      indexes.push(isWideIndex ? ipma.readUInt16BE(at) & 0x7fff : ipma.readUInt8(at) & 0x7f);
      at += isWideIndex ? 2 : 1;
    }
    if (id === item) return indexes;
  }
  return [];
}

/**
 * Applies turns and mirrors in the order they are listed in. The axis of `imir` is 0 where top and bottom change places, 1
 * where left and right do; older drafts could be read either way: https://github.com/MPEGGroup/FileFormat/issues/22
 */
function orientation(properties: readonly InnerBox[]): number {
  let isMirrored = false; // Left to right, before any turn.
  let turns = 0; // Quarter turns, clockwise.
  for (const { type, content } of properties) {
    if (type === 'irot') turns -= (content[0] ?? 0) & 3; // It counts anticlockwise.
    if (type === 'imir') {
      isMirrored = !isMirrored;
      turns = (((content[0] ?? 0) & 1) === 0 ? 2 : 0) - turns;
    }
  }
  return (isMirrored ? [2, 7, 4, 5] : [1, 6, 3, 8])[turns & 3] ?? 1;
}

/** A track's header ends with width and height, as fixed-point numbers of 16 and 16 bits: ISO/IEC 14496-12, 8.3.2. */
function firstTrack(moov: Buffer): Dimensions | undefined {
  for (const { type, content } of children(moov)) {
    const header = type === 'trak' ? find(children(content), 'tkhd') : undefined;
    if (header === undefined) continue;
    const [width, height] = [header.readUInt16BE(header.length - 8), header.readUInt16BE(header.length - 4)];
    if (width > 0 && height > 0) return { width, height, orientation: 1 };
  }
  return undefined;
}

/** The low-overhead format (brand `mif3`) has one box of bit fields: ISO/IEC 23008-12, third edition, amendment 2. */
function minimized(mini: Buffer): Dimensions | undefined {
  if (mini.length < 6) return undefined;
  const isSmall = mini.readUInt8(2) >= 0x80;
  const width = isSmall ? mini.readUInt8(2) & 0x7f : mini.readUInt16BE(2);
  const height = (isSmall ? mini.readUInt8(3) : mini.readUInt16BE(4)) >> 1;
  return { width: width + 1, height: height + 1, orientation: (mini.readUInt8(1) & 7) + 1 };
}
