import { extname } from 'node:path';
import { type ByteSource, fromFile, type Path } from './bytes.ts';
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
export function looksLikeImage(path: Path, name: string): boolean {
  if (isNamedImage(name)) return true;
  const file = openIfImage(path, name);
  file?.close();
  return file !== undefined;
}

/** Whether a name is that of an image, be it one that is only converted. */
export function isNamedImage(name: string): boolean {
  return imageExtensions.has(extname(name).toLowerCase());
}

/** Opens a file whose bytes are those of an image, to be closed by whoever takes it; undefined for any other. */
export function openIfImage(path: Path, name: string): ByteSource | undefined {
  const file = fromFile(path, name);
  try {
    if (recognise(file.readAt(0, closeLookBytes))?.mimeType.startsWith('image/')) return file;
  } catch {
    // One that cannot be read is none that is known of.
  }
  file.close();
  return undefined;
}
