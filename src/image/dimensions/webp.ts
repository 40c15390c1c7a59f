import type { Dimensions } from '../../types.ts';
import { readExif } from '../exif.ts';
import type { ReadAt } from '../readable.ts';

/** The first chunk tells the size: https://developers.google.com/speed/webp/docs/riff_container */
export function webpDimensions(readAt: ReadAt): Dimensions | undefined {
  const head = readAt(0, 30);
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ': {
      // Lossy, a key frame: https://www.rfc-editor.org/rfc/rfc6386#section-9.1
      const [width, height] = [head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff];
      return { width, height, orientation: 1 };
    }
    case 'VP8L': {
      // Lossless: 14 bits each, less one.
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, orientation: 1 };
    }
    case 'VP8X': {
      // Extended: the canvas, less one.
      const [width, height] = [head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1];
      const hasExif = (head.readUInt8(20) & exifFlag) !== 0;
      return { width, height, orientation: hasExif ? orientation(readAt) : 1 };
    }
    default:
      return undefined;
  }
}

/** Decoders look for EXIF data only where VP8X announces it. */
export const exifFlag = 0x08;

/** Films have a chunk a frame. */
const mostChunks = 10_000;

function orientation(readAt: ReadAt): number {
  let at = 12;
  for (let chunk = 0; chunk < mostChunks; chunk += 1) {
    const head = readAt(at, 8);
    if (head.length < 8) return 1;
    const content = at + 8;
    const size = head.readUInt32LE(4);
    if (head.toString('latin1', 0, 4) === 'EXIF')
      return readExif(readAt, content, content + size).orientation;
    at = content + size + (size % 2);
  }
  return 1;
}
