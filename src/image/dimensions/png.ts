import type { Dimensions } from '../../types.ts';
import { readExif } from '../exif.ts';
import type { ReadAt } from '../readable.ts';

/** IHDR is always the first chunk: https://www.w3.org/TR/png-3/#11IHDR */
export function pngDimensions(readAt: ReadAt): Dimensions | undefined {
  const header = readAt(8, 16);
  if (header.toString('latin1', 4, 8) !== 'IHDR') return undefined;
  const [width, height] = [header.readUInt32BE(8), header.readUInt32BE(12)];
  return { width, height, orientation: orientation(readAt) };
}

/** Enough for 80 MB in pieces of 8 KiB, as libpng cuts them. */
const mostChunks = 10_000;

/** The eXIf chunk may stand before the pixels or behind them: https://www.w3.org/TR/png-3/#eXIf */
function orientation(readAt: ReadAt): number {
  let at = 8;
  for (let chunk = 0; chunk < mostChunks; chunk += 1) {
    const head = readAt(at, 8);
    const type = head.toString('latin1', 4, 8);
    if (head.length < 8 || type === 'IEND') return 1;
    const content = at + 8;
    const end = content + head.readUInt32BE(0);
    if (type === 'eXIf') return readExif(readAt, content, end).orientation;
    at = end + 4; // The checksum.
  }
  return 1;
}
