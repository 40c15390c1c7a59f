import type { Dimensions } from '../../types.ts';
import type { ReadAt } from '../readable.ts';

/** IHDR is always the first chunk: https://www.w3.org/TR/png-3/#11IHDR */
export function pngDimensions(readAt: ReadAt): Dimensions | undefined {
  const header = readAt(8, 16);
  if (header.toString('latin1', 4, 8) !== 'IHDR') return undefined;
  return { width: header.readUInt32BE(8), height: header.readUInt32BE(12) };
}
