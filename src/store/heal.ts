import type { FileHandle } from 'node:fs/promises';
import type { Whole } from './read.ts';

/** Cuts off what is torn and adds the newline that is missing; returns the size then, in bytes. */
export async function heal(file: FileHandle, { bytes, lacksNewline }: Whole): Promise<number> {
  const { size } = await file.stat();
  if (size === bytes && !lacksNewline) return bytes;
  if (size > bytes) await file.truncate(bytes);
  if (lacksNewline) await file.write('\n', bytes);
  await file.datasync();
  return lacksNewline ? bytes + 1 : bytes;
}
