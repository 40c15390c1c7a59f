import { extname } from 'node:path';
import { ImageError } from '../errors.ts';
import { type Format, formats } from './formats.ts';
import { identify } from './signature.ts';

interface Decision {
  readonly mimeType: string;
  readonly warning?: string;
}

/**
 * Decides the MIME type to declare. The bytes decide; the name decides only where they say nothing; an override decides
 * over both. Throws an `ImageError` for what the API would refuse.
 */
export async function decideType(
  name: string,
  head: Uint8Array,
  override: string | undefined,
): Promise<Decision> {
  if (override !== undefined) return { mimeType: override };
  const format = identify(head);
  if (format === undefined) return decideByName(name);
  if (!format.sendable) throw await unsupported(name, format);
  // The five usual cases need no table of types.
  if (usualExtensions[format.mimeType]?.includes(extname(name).toLowerCase()))
    return { mimeType: format.mimeType };
  const expected = await typeByName(name);
  if (expected === undefined) return { mimeType: format.mimeType };
  return {
    mimeType: format.mimeType,
    warning: `${name} is ${format.name}, though its name says ${expected}; sent as ${format.mimeType}`,
  };
}

const usualExtensions: Readonly<Record<string, readonly string[]>> = {
  'image/png': ['.png', '.apng', ''],
  'image/jpeg': ['.jpg', '.jpeg', '.jpe', '.jfif', '.mpo', ''],
  'image/webp': ['.webp', ''],
  // One container, two names: phones write either.
  'image/heic': ['.heic', '.heif', '.hif', '.heics', ''],
  'image/heif': ['.heif', '.heic', '.hif', '.heifs', ''],
};

async function decideByName(name: string): Promise<Decision> {
  const expected = await typeByName(name);
  const format = Object.values<Format>(formats).find(({ mimeType }) => mimeType === expected);
  if (expected !== undefined && format?.sendable) {
    return {
      mimeType: expected,
      warning: `${name} has bytes of no known format; sent as ${expected}, as its name says`,
    };
  }
  const said = expected === undefined ? '' : `, though its name says ${expected}`;
  throw new ImageError(`not an image of a known format${said}`, {
    hint: 'Send a PNG, JPEG, WebP, HEIC or HEIF image; `mimeType` declares a type of your own.',
  }).about(name);
}

async function unsupported(name: string, format: Format): Promise<ImageError> {
  const expected = await typeByName(name);
  const isDisguised = expected !== format.mimeType && expected?.startsWith('image/');
  const isImage = format.mimeType.startsWith('image/');
  const but = isDisguised
    ? `though its name says ${expected}`
    : isImage
      ? 'which the API does not take'
      : 'not an image';
  return new ImageError(`${format.name}, ${but}`, { hint: whatInstead(name, format) }).about(name);
}

function whatInstead(name: string, { conversion, advice }: Format): string {
  if (conversion === undefined) return advice ?? 'Send a PNG, JPEG, WebP, HEIC or HEIF image.';
  return `Make a picture of it first: ${conversion.replace('{in}', plainName(name))}`;
}

/** The file's name where a shell takes it as it is, else a stand-in. */
function plainName(name: string): string {
  return /^[\w./][\w./-]*$/.test(name) ? name : 'FILE';
}

/** What mime-types makes of the name's extension. Loaded when needed: its table is 200 KB. */
async function typeByName(name: string): Promise<string | undefined> {
  const extension = extname(name);
  if (extension === '') return undefined;
  const { lookup } = await import('mime-types');
  return lookup(extension) || undefined;
}
