import type { Dimensions } from '../../types.ts';
import type { ReadAt } from '../readable.ts';

/** The first chunk tells: https://developers.google.com/speed/webp/docs/riff_container */
export function webpDimensions(readAt: ReadAt): Dimensions | undefined {
  const head = readAt(0, 30);
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ': // Lossy, a key frame: https://www.rfc-editor.org/rfc/rfc6386#section-9.1
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      // Lossless: 14 bits each, less one.
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X': // Extended: the canvas, less one.
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}
