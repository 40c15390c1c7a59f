import { chunkBytes, type ReadAt } from '../bytes.ts';
import { exifPrefix, readExif, reduceExif } from './exif.ts';
import {
  type Dimensions,
  type Draft,
  damaged,
  type FormatReader,
  type ImageBytes,
  maxParts,
} from './image-format.ts';

/** JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf (ITU-T T.81), annex B. */
export const jpeg: FormatReader = { measure, endsAt, strip };

interface Part {
  /** The marker's second byte, or one of the three kinds below. */
  readonly marker: number;
  /** Where it starts, fill bytes included. */
  readonly start: number;
  /** Where its content starts, after marker and length. */
  readonly content: number;
  /** Where the next one starts. */
  readonly end: number;
  /** The first bytes of the content, enough to tell application segments apart. */
  readonly head: Buffer;
}

const scanData = 0;
/** Bytes between two segments, where none should be: decoders skip them. */
const junk = -1;
/** A marker that no decoder knows, or a length that cannot be; nothing after it can be followed. */
const malformed = -2;

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const app0 = 0xe0;
const app1 = 0xe1;
const app15 = 0xef;
const comment = 0xfe;

/** Walks all parts after SOI up to and including EOI, or to the end of a truncated file. */
function* parts({ readAt, bytes }: ImageBytes): Generator<Part> {
  let start = 2;
  while (start < bytes) {
    const { at, isFill, marker, head } = findMarker(readAt, start, maxJunkBytes);
    if (!isFill) {
      yield partWithoutHead(junk, start, at);
      start = at;
    }
    if (marker === undefined) return;
    const isAlone = marker === endOfImage || isStandalone(marker);
    const length = isAlone ? 0 : head.length < 4 ? 2 : head.readUInt16BE(2);
    // Those below 0xC0 are reserved.
    if (!isAlone && (marker < 0xc0 || marker === startOfImage || length < 2)) {
      yield partWithoutHead(malformed, start, bytes);
      return;
    }
    const end = Math.min(bytes, at + 2 + length);
    const content = Math.min(at + (isAlone ? 2 : 4), end);
    yield { marker, start, content, end, head: head.subarray(4, Math.max(4, end - at)) };
    if (marker === endOfImage) return;
    start = end;
    if (marker !== startOfScan) continue;
    start = findMarker(readAt, end, Number.POSITIVE_INFINITY, isRestart).at;
    yield partWithoutHead(scanData, end, start);
  }
}

/** A marker, a length, and enough of the content to tell application segments apart. */
const headBytes = 44;
const maxJunkBytes = chunkBytes;

function partWithoutHead(marker: number, start: number, end: number): Part {
  return { marker, start, content: start, end, head: Buffer.alloc(0) };
}

interface Marker {
  /** Where its 0xFF is, or the end of the file where there is none. */
  readonly at: number;
  /** Its second byte, `malformed` where too many bytes come before it, undefined where there is none. */
  readonly marker: number | undefined;
  /** Whether nothing but fill bytes comes before it. */
  readonly isFill: boolean;
  /** The marker, and what follows it, at least a few bytes. */
  readonly head: Buffer;
}

/**
 * Finds the next marker: the last 0xFF before a byte that is neither 0xFF, which fills, nor zero, which escapes a 0xFF of
 * entropy-coded data, nor a marker to pass over.
 */
function findMarker(
  readAt: ReadAt,
  start: number,
  maxBytes: number,
  isPassed: (marker: number) => boolean = () => false,
): Marker {
  let at = start;
  let isFill = true;
  // Most searches end soon.
  for (let size = 2 * headBytes; at - start <= maxBytes; size = Math.min(size * 2, chunkBytes)) {
    const window = readAt(at, size);
    let index = 0;
    while (index + 1 < window.length) {
      const marker = window[index + 1] ?? 0;
      if (window[index] === 0xff && marker === 0xff) {
        index += 1;
      } else if (window[index] !== 0xff || marker === 0 || isPassed(marker)) {
        isFill = false;
        const next = window.indexOf(0xff, window[index] === 0xff ? index + 2 : index + 1);
        index = next === -1 ? window.length : next;
      } else {
        const head = window.subarray(index);
        return {
          at: at + index,
          marker,
          isFill,
          head: head.length < headBytes ? readAt(at + index, headBytes) : head,
        };
      }
    }
    if (window.length < 2) {
      isFill &&= window[0] === undefined || window[0] === 0xff;
      return { at: at + window.length, marker: undefined, isFill, head: window };
    }
    at += Math.min(index, window.length);
  }
  return { at, marker: malformed, isFill: true, head: Buffer.alloc(0) };
}

/** TEM and the restart markers carry no length. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || isRestart(marker);
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/**
 * Reads up to the first scan, over any thumbnail inside the segments: the frame header has the size, the first EXIF segment
 * the orientation.
 */
function measure(image: ImageBytes): Dimensions | undefined {
  let size: { readonly width: number; readonly height: number } | undefined;
  let orientation: number | undefined;
  let count = 0;
  for (const { marker, content, end, head } of parts(image)) {
    count += 1;
    if (marker === startOfScan || count > maxParts) break;
    if (isFrameHeader(marker)) size ??= { height: head.readUInt16BE(1), width: head.readUInt16BE(3) };
    if (marker === app1 && isExif(head)) orientation ??= readExif(image.readAt, content, end).orientation;
  }
  return size && { ...size, orientation: orientation ?? 1 };
}

/** SOF0 to SOF15, without DHT, JPG and DAC, which share their range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function isExif(head: Buffer): boolean {
  return head.toString('latin1', 0, exifPrefix.length) === exifPrefix;
}

/** The last marker is EOI: B.2.1. Reads all of a file whose last bytes it is not. */
function endsAt(image: ImageBytes): number | undefined {
  const { readAt, bytes } = image;
  if (readAt(Math.max(0, bytes - 2), 2).toString('latin1') === '\xff\xd9') return bytes;
  if (readAt(0, 2).toString('latin1') !== '\xff\xd8') return undefined;
  let count = 0;
  for (const { marker, end } of parts(image)) {
    count += 1;
    if (marker === endOfImage) return end;
    if (marker < 0 || count > maxParts) return undefined;
  }
  return bytes + 2;
}

/**
 * Keeps the image data and what decoders need to show it as it is: the JFIF header, the colour profile, Adobe's colour
 * transform and the orientation. All other application segments and comments go, and so does all that follows the image:
 * further images and videos have metadata of their own.
 */
function strip(image: ImageBytes, draft: Draft): void {
  const { readAt, bytes } = image;
  if (readAt(0, 2).toString('latin1') !== '\xff\xd8') throw damaged('it is not a JPEG image');
  draft.keep(0, 2);
  let hasExif = false;
  let hasScan = false;
  let end = 2;
  for (const part of parts(image)) {
    const isFirstExif: boolean = part.marker === app1 && isExif(part.head) && !hasExif;
    if (isApplication(part.marker)) {
      if (isFirstExif && !hasScan) stripExif(readAt, part, draft);
      else stripApplication(readAt, part, draft);
    } else {
      if (part.marker < 0 || part.marker > app15) throw damaged();
      draft.keep(part.start, part.end);
    }
    hasExif ||= isFirstExif;
    hasScan ||= part.marker === startOfScan;
    end = part.end;
  }
  if (!hasScan) throw damaged();
  if (end < bytes) draft.remove('trailing data');
}

function isApplication(marker: number): boolean {
  return (marker >= app0 && marker <= app15) || marker === comment;
}

function stripExif(readAt: ReadAt, { start, content, end }: Part, draft: Draft): void {
  const { replacement, removed } = reduceExif(readAt, content + exifPrefix.length, end);
  draft.remove(...removed);
  if (removed.length === 0) draft.keep(start, end);
  else if (replacement) draft.insert(segment(app1, Buffer.concat([Buffer.from(exifPrefix), replacement])));
}

/** Of a JFIF header and of Adobe's transform, what is longer than it should be is cut down. */
function stripApplication(readAt: ReadAt, part: Part, draft: Draft): void {
  const { marker, start, content, end, head } = part;
  const name = head.toString('latin1');
  const isJfif = marker === app0 && name.startsWith('JFIF\0');
  const isAdobe = marker === 0xee && name.startsWith('Adobe');
  const keptBytes = isJfif ? 14 : isAdobe ? 12 : 0;
  if (
    (marker === 0xe2 && name.startsWith('ICC_PROFILE\0')) ||
    (keptBytes > 0 && end - content <= keptBytes)
  ) {
    draft.keep(start, end);
  } else if (keptBytes > 0) {
    // Version, density, and the size of a thumbnail that follows: https://www.w3.org/Graphics/JPEG/jfif3.pdf
    const header = isJfif ? Buffer.concat([head.subarray(0, 12), Buffer.alloc(2)]) : head.subarray(0, 12);
    draft.insert(segment(marker, header));
    draft.remove(isJfif ? 'thumbnail' : 'other data');
  } else {
    draft.remove(nameOf(marker, name, () => readAt(content, end - content)));
  }
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + content.length, 2);
  return Buffer.concat([head, content]);
}

/** Identifiers: https://exiftool.org/TagNames/JPEG.html */
function nameOf(marker: number, start: string, content: () => Buffer): string {
  if (marker === 0xed && start.startsWith('Photoshop '))
    return content().includes('8BIM\x04\x04', 0, 'latin1') ? 'IPTC' : 'Photoshop settings';
  return names.find(([of, name]) => of === marker && start.startsWith(name))?.[2] ?? 'other data';
}

const names: readonly (readonly [marker: number, identifier: string, name: string])[] = [
  [comment, '', 'comments'],
  [app0, 'JFXX\0', 'thumbnail'],
  [app1, 'Exif\0', 'EXIF'],
  [app1, 'http://ns.adobe.com/xap/1.0/\0', 'XMP'],
  [app1, 'http://ns.adobe.com/xmp/extension/\0', 'XMP'],
  [app1, 'FLIR\0', 'thermal data'],
  [0xe2, 'MPF\0', 'list of further images'],
  [0xeb, 'JP', 'content credentials'],
  [0xec, 'Ducky', 'Photoshop settings'],
];
