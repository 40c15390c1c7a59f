import type { Dimensions } from '../../types.ts';
import type { ReadAt } from '../readable.ts';

/**
 * Finds the primary item's properties: `ispe` has the size, before `irot` and `imir` turn and mirror it. EXIF data does not
 * count: readers ignore its orientation, https://github.com/strukturag/libheif/issues/227 (MIAF, ISO/IEC 23000-22, asks for
 * it). Boxes: ISO/IEC 14496-12 and 23008-12, also told at https://nokiatech.github.io/heif/technical.html
 */
export function heifDimensions(readAt: ReadAt): Dimensions | undefined {
  const meta = metaBox(readAt);
  if (meta === undefined) return undefined;
  const boxes = children(meta.subarray(4)); // `meta` is a full box: version and flags come first.
  const properties = children(find(boxes, 'iprp') ?? Buffer.alloc(0));
  const container = children(find(properties, 'ipco') ?? Buffer.alloc(0));
  const associated = associations(properties, primaryItem(boxes)).flatMap(
    (index) => container[index - 1] ?? [],
  );
  const size = find(associated.length > 0 ? associated : container, 'ispe');
  if (size === undefined) return undefined;
  const [width, height] = [size.readUInt32BE(4), size.readUInt32BE(8)];
  return { width, height, orientation: orientation(associated) };
}

interface Box {
  readonly type: string;
  readonly content: Buffer;
}

/** Headers of real photographs take a few kilobytes; a larger `meta` is not one of an image. */
const mostMetaBytes = 4 * 1024 * 1024;
const mostTopBoxes = 100;

function metaBox(readAt: ReadAt): Buffer | undefined {
  let at = 0;
  for (let count = 0; count < mostTopBoxes; count += 1) {
    const head = readAt(at, 16);
    const length = boxLength(head);
    if (head.toString('latin1', 4, 8) === 'meta') return metaContent(readAt, at, length);
    if (length < 8) return undefined;
    at += length;
  }
  return undefined;
}

/** A length of 0 means up to the end of the file. */
function metaContent(readAt: ReadAt, at: number, length: number): Buffer | undefined {
  if (length > mostMetaBytes) return undefined;
  const content = readAt(at + 8, length === 0 ? mostMetaBytes : Math.max(0, length - 8));
  return length === 0 || content.length === length - 8 ? content : undefined;
}

function boxLength(head: Buffer): number {
  const length = head.readUInt32BE(0);
  return length === 1 ? Number(head.readBigUInt64BE(8)) : length;
}

function children(content: Buffer): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at + 8 <= content.length) {
    const length = content.readUInt32BE(at);
    if (length < 8) break;
    boxes.push({
      type: content.toString('latin1', at + 4, at + 8),
      content: content.subarray(at + 8, at + length),
    });
    at += length;
  }
  return boxes;
}

function find(boxes: readonly Box[], type: string): Buffer | undefined {
  return boxes.find((box) => box.type === type)?.content;
}

function primaryItem(boxes: readonly Box[]): number | undefined {
  const pitm = find(boxes, 'pitm');
  if (pitm === undefined) return undefined;
  return pitm.readUInt8(0) === 0 ? pitm.readUInt16BE(4) : pitm.readUInt32BE(4);
}

/** The properties of one item, as places in `ipco` counted from 1. */
function associations(properties: readonly Box[], item: number | undefined): number[] {
  const ipma = find(properties, 'ipma');
  if (ipma === undefined) return [];
  const wideItems = ipma.readUInt8(0) > 0;
  const wideIndexes = (ipma.readUInt8(3) & 1) === 1;
  const entries = ipma.readUInt32BE(4);
  let at = 8;
  for (let entry = 0; entry < entries; entry += 1) {
    const id = wideItems ? ipma.readUInt32BE(at) : ipma.readUInt16BE(at);
    at += wideItems ? 4 : 2;
    const count = ipma.readUInt8(at);
    at += 1;
    const indexes: number[] = [];
    for (let index = 0; index < count; index += 1) {
      // The top bit says whether the property is essential.
      indexes.push(wideIndexes ? ipma.readUInt16BE(at) & 0x7fff : ipma.readUInt8(at) & 0x7f);
      at += wideIndexes ? 2 : 1;
    }
    if (id === item) return indexes;
  }
  return [];
}

/**
 * Applies turns and mirrors in the order they are listed in. The axis of `imir` is 0 where top and bottom change places, 1
 * where left and right do; older drafts could be read either way: https://github.com/MPEGGroup/FileFormat/issues/22
 */
function orientation(properties: readonly Box[]): number {
  let mirrored = false; // Left to right, before any turn.
  let turns = 0; // Quarter turns, clockwise.
  for (const { type, content } of properties) {
    if (type === 'irot') turns -= (content[0] ?? 0) & 3; // It counts anticlockwise.
    if (type === 'imir') {
      mirrored = !mirrored;
      turns = (((content[0] ?? 0) & 1) === 0 ? 2 : 0) - turns;
    }
  }
  return (mirrored ? [2, 7, 4, 5] : [1, 6, 3, 8])[turns & 3] ?? 1;
}
