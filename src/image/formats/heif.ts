import type { Dimensions } from '../../types.ts';
import { type FormatReader, type ImageBytes, maxParts } from './image-format.ts';

/** HEIF and HEIC: ISO/IEC 14496-12 (boxes) and 23008-12, also told at https://nokiatech.github.io/heif/technical.html */
export const heif: FormatReader = { measure, endsAt };

interface Box {
  readonly type: string;
  readonly start: number;
  readonly content: number;
  /** What it says, even where the file is cut short. */
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
  for (const { type, end } of boxes(image))
    if (end > image.bytes) return imageBoxes.has(type) ? end : undefined;
  return undefined;
}

const imageBoxes: ReadonlySet<string> = new Set(['ftyp', 'meta', 'mdat', 'moov', 'moof']);

/**
 * Finds the primary item's properties: `ispe` has the size, before `irot` and `imir` turn and mirror it. EXIF data does not
 * count: readers ignore its orientation, https://github.com/strukturag/libheif/issues/227 (MIAF, ISO/IEC 23000-22, asks for
 * it).
 */
function measure(image: ImageBytes): Dimensions | undefined {
  const meta = metaBox(image);
  if (meta === undefined) return undefined;
  const inner = children(meta.subarray(4)); // `meta` is a full box: version and flags come first.
  const properties = children(find(inner, 'iprp') ?? Buffer.alloc(0));
  const container = children(find(properties, 'ipco') ?? Buffer.alloc(0));
  const associated = associations(properties, primaryItem(inner)).flatMap(
    (index) => container[index - 1] ?? [],
  );
  const size = find(associated.length > 0 ? associated : container, 'ispe');
  if (size === undefined) return undefined;
  const [width, height] = [size.readUInt32BE(4), size.readUInt32BE(8)];
  return { width, height, orientation: orientation(associated) };
}

/** Headers of real photographs take a few kilobytes; what lies behind this is not looked at. */
const maxMetaBytes = 4 * 1024 * 1024;
const maxBoxesBeforeMeta = 100;

function metaBox(image: ImageBytes): Buffer | undefined {
  let count = 0;
  for (const { type, content, end } of boxes(image)) {
    if (type === 'meta') {
      const length = Math.min(end - content, maxMetaBytes);
      const meta = image.readAt(content, length);
      return meta.length === length ? meta : undefined;
    }
    count += 1;
    if (count === maxBoxesBeforeMeta) return undefined;
  }
  return undefined;
}

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

function primaryItem(inner: readonly InnerBox[]): number | undefined {
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
