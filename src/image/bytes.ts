/** Bytes of a known number that can be read from any place and, from the start, more than once. */
export interface ByteSource {
  readonly bytes: number;
  /** Reads up to `length` bytes from `offset`; fewer at the end. */
  readonly readAt: ReadAt;
  /** Streams the whole from its start; see `Image.open`. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Lets go of what was kept to read it again. */
  readonly close: () => void;
}

export type ReadAt = (offset: number, length: number) => Buffer;

/**
 * A multiple of three, so that base64 needs no remainder. Its base64 stays below the 128 KiB from which V8 keeps a string
 * among its large objects, where a short life costs more: larger pieces are slower and take more memory.
 */
export const chunkBytes = 3 * 24 * 1024;

/** Reads from memory. */
export function fromMemory(data: Uint8Array): ByteSource {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    bytes: bytes.length,
    readAt: (offset, length) => bytes.subarray(offset, offset + length),
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
    close: () => undefined,
  };
}
