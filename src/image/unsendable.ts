import { extname } from 'node:path';
import { ImageError } from '../errors.ts';
import { option, say } from '../sentence.ts';
import { sendable } from './formats/fast-sniff.ts';
import type { Format } from './formats/image-format.ts';

/** What a name makes of bytes that are of no known format. */
interface ByName {
  readonly mimeType: string;
  readonly warning: string;
}

/**
 * Decides the type of bytes that are of no known format by the name of their file. Throws an `ImageError` where that does
 * not make an image of them either.
 *
 * @param claimed the type that a server declares
 */
export async function decideByName(
  name: string,
  extension: string,
  claimed: string | undefined,
): Promise<ByName> {
  const expected = await typeByExtension(extension);
  const format = Object.values(sendable).find(({ mimeType }) => mimeType === expected);
  if (expected !== undefined && format !== undefined) {
    return {
      mimeType: expected,
      warning: `${name} has an unknown format; sent as ${expected} because of its extension`,
    };
  }
  const byName = expected === undefined ? '' : `, but named as ${expected}`;
  const said = claimed === undefined ? byName : `, but served as ${claimed}`;
  throw new ImageError(`not a known image format${said}`, {
    hint: say`Send a PNG, JPEG, WebP, HEIC or HEIF image, or set its type with ${option('mimeType')}.`,
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
    ? `but named as ${expected}`
    : isImage
      ? 'which the API does not accept'
      : 'not an image';
  return new ImageError(`${format.name}, ${but}`, {
    hint: whatInstead(isFile ? plainName(name) : 'FILE', format, instead),
  }).about(name);
}

function whatInstead(file: string, { conversion, advice }: Format, instead: string | undefined): string {
  if (conversion === undefined) return advice ?? 'Send a PNG, JPEG, WebP, HEIC or HEIF image.';
  const command = conversion.replace('{in}', file);
  return instead === undefined
    ? `Convert it first: ${command}`
    : `${instead}, or convert it first: ${command}`;
}

/** The file's name where a shell takes it as it is, else a stand-in. */
function plainName(name: string): string {
  return /^[\w./][\w./-]*$/.test(name) ? name : 'FILE';
}

/** What mime-types makes of an extension. Loaded when needed: its table is 200 KB. */
export async function typeByExtension(extension: string): Promise<string | undefined> {
  if (extension === '') return undefined;
  const { lookup } = await import('mime-types');
  return lookup(extension) || undefined;
}
