import type { Readable } from './readable.ts';

/**
 * Whether an image ends as nearly every one of its kind does, told by a few bytes. Where it does not, or where a few bytes
 * do not tell, `endsEarly` looks closer.
 */
export function endsAsUsual({ bytes, readAt }: Readable, mimeType: string): boolean {
  const tail = (length: number) => readAt(Math.max(0, bytes - length), length).toString('latin1');
  if (mimeType === 'image/jpeg') return tail(2) === '\xff\xd9';
  if (mimeType === 'image/png') return tail(12).startsWith('\0\0\0\0IEND');
  if (mimeType !== 'image/webp') return false;
  const size = readAt(4, 4);
  return size.length === 4 && size.readUInt32LE() + 8 === bytes;
}
