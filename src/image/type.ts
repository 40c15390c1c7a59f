import { extname } from 'node:path';
import { ImageError } from '../errors.ts';
import type { Format } from './type/format.ts';
import { closeLookBytes, headBytes, identifyUsual, sendable } from './type/usual-signature.ts';

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
  const format = identifyUsual(head(headBytes)) ?? (await lookClosely(head(closeLookBytes)));
  if (override !== undefined) return { mimeType: override, format, isDeclared: true };
  if (format === undefined) return decideByName(name, extension, claimed);
  const { mimeType } = format;
  // The five usual cases need no table of types.
  if (!format.sendable || usualExtensions[mimeType]?.includes(extension.toLowerCase()))
    return { mimeType, format, isDeclared: false };
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
  return (await import('./type/signature.ts')).identify(head);
}

const usualExtensions: Readonly<Record<string, readonly string[]>> = {
  'image/png': ['.png', '.apng', ''],
  'image/jpeg': ['.jpg', '.jpeg', '.jpe', '.jfif', '.mpo', ''],
  'image/webp': ['.webp', ''],
  // One container, two names: phones write either.
  'image/heic': ['.heic', '.heif', '.hif', '.heics', ''],
  'image/heif': ['.heif', '.heic', '.hif', '.heifs', ''],
};

async function decideByName(name: string, extension: string, claimed: string | undefined): Promise<Decision> {
  const expected = await typeByExtension(extension);
  const format = Object.values(sendable).find(({ mimeType }) => mimeType === expected);
  if (expected !== undefined && format !== undefined) {
    return {
      mimeType: expected,
      format: undefined,
      isDeclared: false,
      warning: `${name} has bytes of no known format; sent as ${expected}, as its name says`,
    };
  }
  const byName = expected === undefined ? '' : `, though its name says ${expected}`;
  const said = claimed === undefined ? byName : `, though the server says ${claimed}`;
  throw new ImageError(`not an image of a known format${said}`, {
    hint: 'Send a PNG, JPEG, WebP, HEIC or HEIF image; `mimeType` declares a type of your own.',
  }).about(name);
}

/**
 * Says that the API does not take a format.
 *
 * @param isFile whether the name is that of a file, which a command can name
 * @param instead what else helps, where there is more than a command to run
 */
export async function unsupported(
  name: string,
  format: Format,
  { isFile, instead }: { readonly isFile: boolean; readonly instead?: string | undefined },
): Promise<ImageError> {
  const expected = await typeByExtension(extname(name));
  const isDisguised = expected !== format.mimeType && expected?.startsWith('image/');
  const isImage = format.mimeType.startsWith('image/');
  const but = isDisguised
    ? `though its name says ${expected}`
    : isImage
      ? 'which the API does not take'
      : 'not an image';
  return new ImageError(`${format.name}, ${but}`, {
    hint: whatInstead(isFile ? plainName(name) : 'FILE', format, instead),
  }).about(name);
}

function whatInstead(file: string, { conversion, advice }: Format, instead: string | undefined): string {
  if (conversion === undefined) return advice ?? 'Send a PNG, JPEG, WebP, HEIC or HEIF image.';
  const command = conversion.replace('{in}', file);
  return instead === undefined
    ? `Make a picture of it first: ${command}`
    : `${instead}, or make a picture of it first: ${command}`;
}

/** The file's name where a shell takes it as it is, else a stand-in. */
function plainName(name: string): string {
  return /^[\w./][\w./-]*$/.test(name) ? name : 'FILE';
}

/** What mime-types makes of an extension. Loaded when needed: its table is 200 KB. */
async function typeByExtension(extension: string): Promise<string | undefined> {
  if (extension === '') return undefined;
  const { lookup } = await import('mime-types');
  return lookup(extension) || undefined;
}
