import { extname } from 'node:path';
import { fromFile } from '../open/file.ts';
import { imageExtensions } from './extensions.ts';
import { identify } from './signature.ts';
import { closeLookBytes } from './usual-signature.ts';

/** Whether a file is an image by its name or by its bytes; one that cannot be read is none that is known of. */
export function looksLikeImage(path: string | Buffer, name: string): boolean {
  if (imageExtensions.has(extname(name).toLowerCase())) return true;
  try {
    const format = identify(fromFile(path, name).readAt(0, closeLookBytes));
    return format?.mimeType.startsWith('image/') ?? false;
  } catch {
    return false;
  }
}
