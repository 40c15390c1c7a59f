import { endOfImage, isStandalone, startOfScan } from '../dimensions/jpeg.ts';
import { chunkBytes, type ReadAt } from '../readable.ts';
import { damaged } from './plan.ts';

export interface JpegSegment {
  readonly marker: number;
  /** Where it starts, fill bytes included. */
  readonly start: number;
  /** Where its content starts, behind marker and length. */
  readonly content: number;
  /** Where the next one starts; for a scan, behind its entropy-coded data. */
  readonly end: number;
}

/**
 * Walks all segments behind SOI up to and with EOI, or up to the end of a file that is cut short. Throws an `ImageError`
 * where there is something else. Layout: ITU-T T.81, annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
export function* jpegSegments(readAt: ReadAt, bytes: number): Generator<JpegSegment> {
  let start = 2;
  while (start < bytes) {
    const at = behindFill(readAt, start);
    const head = readAt(at, 3);
    const marker = head[0];
    if (marker === undefined) return;
    if (marker === endOfImage || isStandalone(marker)) {
      yield { marker, start, content: at + 1, end: at + 1 };
      if (marker === endOfImage) return;
      start = at + 1;
      continue;
    }
    const length = head.length < 3 ? 2 : head.readUInt16BE(1);
    if (marker < firstWithLength || marker === startOfImage || length < 2) throw damaged();
    const segmentEnd = at + 1 + length;
    const end = Math.min(bytes, marker === startOfScan ? endOfScan(readAt, segmentEnd) : segmentEnd);
    yield { marker, start, content: Math.min(at + 3, end), end };
    start = end;
  }
}

/** The markers below are reserved. */
const firstWithLength = 0xc0;
const startOfImage = 0xd8;

/** Finds the marker behind any number of fill bytes. */
function behindFill(readAt: ReadAt, start: number): number {
  if (readAt(start, 1)[0] !== 0xff) throw damaged();
  let at = start + 1;
  for (let size = smallestWindow; ; size = Math.min(size * 2, chunkBytes)) {
    const window = readAt(at, size);
    let fill = 0;
    while (window[fill] === 0xff) fill += 1;
    at += fill;
    if (fill < window.length || fill === 0) return at;
  }
}

/** Most searches end soon. */
const smallestWindow = 64;

/** Finds the marker that ends entropy-coded data: 0xFF, followed neither by the zero that escapes it nor by a restart. */
function endOfScan(readAt: ReadAt, start: number): number {
  let at = start;
  for (let size = smallestWindow; ; size = Math.min(size * 2, chunkBytes)) {
    const window = readAt(at, size);
    if (window.length < 2) return at + window.length;
    let found = window.indexOf(0xff);
    while (found !== -1 && found + 1 < window.length) {
      const next = window[found + 1];
      if (next === 0xff) found += 1;
      else if (next === 0 || isRestart(next)) found = window.indexOf(0xff, found + 2);
      else return at + found;
    }
    at += found === -1 ? window.length : found;
  }
}

function isRestart(marker: number | undefined): boolean {
  return marker !== undefined && marker >= 0xd0 && marker <= 0xd7;
}
