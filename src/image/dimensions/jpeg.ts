import type { Dimensions } from '../../types.ts';
import { exifPrefix, readExif } from '../exif.ts';
import type { ReadAt } from '../readable.ts';

/** No real header has more segments; a hostile one ends here. */
const mostSegments = 10_000;

/**
 * Walks the marker segments up to the first scan, over any thumbnail inside them: the frame header has the size, the first
 * EXIF segment the orientation. Layout: ITU-T T.81, annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
export function jpegDimensions(readAt: ReadAt): Dimensions | undefined {
  let at = 2;
  let size: { readonly width: number; readonly height: number } | undefined;
  let orientation: number | undefined;
  for (let segment = 0; segment < mostSegments; segment += 1) {
    const head = readAt(at, 10);
    if (head.length < 4 || head[0] !== 0xff) break;
    const marker = head.readUInt8(1);
    if (marker === startOfScan || marker === endOfImage) break;
    if (marker === 0xff) {
      at += 1; // A fill byte.
    } else if (isStandalone(marker)) {
      at += 2;
    } else {
      const end = at + 2 + head.readUInt16BE(2);
      if (isFrameHeader(marker)) size ??= { height: head.readUInt16BE(5), width: head.readUInt16BE(7) };
      if (marker === app1 && head.toString('latin1', 4) === exifPrefix)
        orientation ??= readExif(readAt, at + 4, end).orientation;
      at = end;
    }
  }
  return size && { ...size, orientation: orientation ?? 1 };
}

export const startOfScan = 0xda;
export const endOfImage = 0xd9;
export const app1 = 0xe1;

/** SOF0 to SOF15, without DHT, JPG and DAC, which share their range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** TEM and the restart markers carry no length. */
export function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}
