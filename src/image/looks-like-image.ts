import { extname } from 'node:path';
import { closeLookBytes, imageExtensions } from './formats/fast-sniff.ts';
import { recognise } from './formats/recognise.ts';
import { fromFile } from './open/file.ts';

/** Whether a file is an image by its name or by its bytes; one that cannot be read is none that is known of. */
export function looksLikeImage(path: string | Buffer, name: string): boolean {
  if (imageExtensions.has(extname(name).toLowerCase())) return true;
  try {
    const format = recognise(fromFile(path, name).readAt(0, closeLookBytes));
    return format?.mimeType.startsWith('image/') ?? false;
  } catch {
    return false;
  }
}
