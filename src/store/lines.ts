import type { FileHandle } from 'node:fs/promises';

export interface Line {
  /** Without the newline; they hold until the next line is asked for. */
  readonly bytes: Buffer;
  /** Where it starts in the file, in bytes. */
  readonly offset: number;
  /** Whether a newline ends it. Only the last one may lack it. */
  readonly isComplete: boolean;
}

/**
 * Reads a file line by line from an offset, in pieces. Of a line longer than `mostBytes` it yields what it has read by then,
 * as an incomplete one, and ends.
 */
export async function* readLines(file: FileHandle, from: number, mostBytes: number): AsyncGenerator<Line> {
  const piece = Buffer.allocUnsafe(pieceBytes);
  let offset = from;
  // The start of a line that goes on in the next piece.
  let begun: Buffer[] = [];
  let begunBytes = 0;
  while (begunBytes <= mostBytes) {
    const position = offset + begunBytes;
    const { bytesRead } = await file.read(piece, 0, pieceBytes, position);
    if (bytesRead === 0) break;
    let start = 0;
    for (;;) {
      const end = piece.subarray(0, bytesRead).indexOf(newline, start);
      if (end < 0) break;
      const bytes = joined(begun, piece.subarray(start, end));
      yield { bytes, offset, isComplete: true };
      offset += bytes.length + 1;
      start = end + 1;
      begun = [];
      begunBytes = 0;
    }
    // Copied, because the piece is used again.
    if (start < bytesRead) begun.push(Buffer.from(piece.subarray(start, bytesRead)));
    begunBytes += bytesRead - start;
  }
  if (begunBytes > 0) yield { bytes: Buffer.concat(begun), offset, isComplete: false };
}

const newline = 0x0a;
const pieceBytes = 256 * 1024;

function joined(begun: readonly Buffer[], rest: Buffer): Buffer {
  return begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
}
