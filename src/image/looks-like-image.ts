import { extname } from 'node:path';
import { fromFile } from './bytes.ts';
import { closeLookBytes, extensionsOf, imageExtensions, prebuilt } from './formats/fast-sniff.ts';
import { recognise } from './formats/recognise.ts';

/**
 * Whether a file would be sent, as it is or converted with what npm installs, if it were asked about: by its bytes, and by its
 * name where they say nothing. Settings do not count, so that what is told of a folder is the same for all.
 */
export function isSendable(path: string, name: string): boolean {
  const file = fromFile(path, name);
  try {
    if (file.bytes === 0) return false;
    const format = recognise(file.readAt(0, closeLookBytes));
    if (format === undefined) return isNamedSendable(name);
    return format.sendable || prebuilt.has(format.mimeType);
  } catch {
    return false;
  } finally {
    file.close();
  }
}

/** Whether a name is that of an image that is sent as it is. */
export function isNamedSendable(name: string): boolean {
  return sendableExtensions.has(extname(name).toLowerCase());
}

const sendableExtensions: ReadonlySet<string> = new Set(Object.values(extensionsOf).flat());

/** Whether a file is an image by its name or by its bytes; one that cannot be read is none that is known of. */
export function looksLikeImage(path: string | Buffer, name: string): boolean {
  if (imageExtensions.has(extname(name).toLowerCase())) return true;
  const file = fromFile(path, name);
  try {
    return recognise(file.readAt(0, closeLookBytes))?.mimeType.startsWith('image/') ?? false;
  } catch {
    return false;
  } finally {
    file.close();
  }
}
