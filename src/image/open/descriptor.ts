import { readSync } from 'node:fs';

/** Fills the buffer as far as the open file goes; a single read may stop short of either. */
export function readPiece(file: number, buffer: Buffer, offset: number): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(file, buffer, filled, buffer.length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
