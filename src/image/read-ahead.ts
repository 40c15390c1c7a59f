import { chunkBytes, type ReadAt } from './readable.ts';

/** Reads 72 KiB at a time, so that many small reads, one behind the other, cost as much as one pass over the source. */
export function readAhead(readAt: ReadAt): ReadAt {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return (offset, length) => {
    if (length > chunkBytes) return readAt(offset, length);
    if (offset < start || offset + length > start + window.length) {
      window = readAt(offset, chunkBytes);
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}
