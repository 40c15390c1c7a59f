import type { Dimensions } from '../../types.ts';
import type { ReadAt } from '../readable.ts';

/** No real header has more segments; a hostile one ends here. */
const mostSegments = 10_000;

/**
 * Walks the marker segments to the frame header, over any thumbnail inside them.
 * Layout: ITU-T T.81, annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
export function jpegDimensions(readAt: ReadAt): Dimensions | undefined {
  let at = 2;
  for (let segment = 0; segment < mostSegments; segment += 1) {
    const head = readAt(at, 9);
    if (head[0] !== 0xff) return undefined;
    const marker = head.readUInt8(1);
    if (marker === 0xff) {
      at += 1; // A fill byte.
    } else if (isStandalone(marker)) {
      at += 2;
    } else if (isFrameHeader(marker)) {
      return { height: head.readUInt16BE(5), width: head.readUInt16BE(7) };
    } else if (marker === startOfScan || marker === endOfImage) {
      return undefined;
    } else {
      at += 2 + head.readUInt16BE(2);
    }
  }
  return undefined;
}

const endOfImage = 0xd9;
const startOfScan = 0xda;

/** SOF0 to SOF15, without DHT, JPG and DAC, which share their range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** TEM and the restart markers carry no length. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}
