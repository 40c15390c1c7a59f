import { createRequire } from 'node:module';
import type { Format } from '../formats/image-format.ts';

export type Sharp = typeof import('sharp').default;

/** Loads the package that decodes and encodes; undefined where it is not installed, or not for this system. */
export async function loadSharp(): Promise<Sharp | undefined> {
  try {
    const { default: sharp } = await import('sharp');
    sharp.cache(false); // Every image is seen once.
    return sharp;
  } catch {
    return undefined;
  }
}

/** Where the package is, for another process to load it. Throws where it is not installed. */
export function sharpPath(): string {
  return createRequire(import.meta.url).resolve('sharp');
}

/**
 * Whether this build of the package decodes a format. HEIC and AVIF share one decoder, whose endings tell which of the two
 * it was built for: https://sharp.pixelplumbing.com/install/#custom-libvips
 */
export function decodes(sharp: Sharp, format: Format): boolean {
  const formats: Readonly<Record<string, Decoder | undefined>> = { ...sharp.format };
  const input = formats[format.sharp ?? '']?.input;
  if (input?.buffer !== true) return false;
  const ending = endings[format.mimeType];
  return ending === undefined || input.fileSuffix?.includes(ending) === true;
}

interface Decoder {
  readonly input: { readonly buffer: boolean; readonly fileSuffix?: readonly string[] };
}

const endings: Readonly<Record<string, string>> = {
  'image/avif': '.avif',
  'image/heic': '.heic',
  'image/heif': '.heic',
};
