import { closeLookBytes, extensionsOf, sniff, sniffBytes } from './formats/fast-sniff.ts';
import type { Format } from './formats/image-format.ts';

/** What an image is, and how it may go. */
export interface Decision {
  /** The type to declare, where the image goes as it is. */
  readonly mimeType: string;
  /** Undefined where the bytes are of no known format. */
  readonly format: Format | undefined;
  /** Whether a person declared the type: then it goes as it is, whatever it is. */
  readonly isDeclared: boolean;
  readonly warning?: string;
}

/** Reads so many of an image's first bytes; fewer where it has no more. */
export type Head = (length: number) => Uint8Array;

/** What others say of an image. */
export interface Claims {
  /** The type that a person declares. */
  readonly override?: string | undefined;
  /** Of a file's name, with its dot; empty where there is none. */
  readonly extension: string;
  /** The type that a server declares. */
  readonly claimed?: string | undefined;
}

/**
 * Decides the MIME type. The bytes decide; the name decides only where they say nothing; an override decides over both.
 * Throws an `ImageError` for bytes that neither they themselves nor their name make an image of.
 */
export async function decideType(
  name: string,
  head: Head,
  { override, extension, claimed }: Claims,
): Promise<Decision> {
  const format = sniff(head(sniffBytes)) ?? (await lookClosely(head(closeLookBytes)));
  if (override !== undefined) return { mimeType: override, format, isDeclared: true };
  if (format === undefined) {
    const { decideByName } = await import('./unsendable.ts');
    return { ...(await decideByName(name, extension, claimed)), format, isDeclared: false };
  }
  const { mimeType } = format;
  // The usual cases need no table of types.
  if (!format.sendable || extension === '' || extensionsOf[mimeType]?.includes(extension.toLowerCase()))
    return { mimeType, format, isDeclared: false };
  const { typeByExtension } = await import('./unsendable.ts');
  const expected = await typeByExtension(extension);
  if (expected === undefined) return { mimeType, format, isDeclared: false };
  return {
    mimeType,
    format,
    isDeclared: false,
    warning: `${name} is ${format.name}, though its name says ${expected}; sent as ${mimeType}`,
  };
}

/** The table of all other formats is loaded when one is needed. */
async function lookClosely(head: Uint8Array): Promise<Format | undefined> {
  return (await import('./formats/recognise.ts')).recognise(head);
}
