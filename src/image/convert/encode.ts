import type { SendableType } from './messages.ts';
import type { Pixels } from './pixels.ts';
import type { Sharp } from './sharp.ts';

export interface Encoded {
  readonly data: Buffer;
  readonly mimeType: SendableType;
}

/** One way to store an image. */
export type Encoding =
  | { readonly type: 'png'; readonly palette?: boolean }
  | { readonly type: 'jpeg'; readonly quality: number; readonly chromaSubsampling: '4:4:4' | '4:2:0' }
  | { readonly type: 'webp'; readonly quality: number }
  | { readonly type: 'webp'; readonly lossless: true };

/** Encodes decoded pixels. */
export async function encode(sharp: Sharp, pixels: Pixels, encoding: Encoding): Promise<Encoded> {
  const { type, ...settings } = encoding;
  const { data, ...raw } = pixels;
  const image = sharp(data, { raw, limitInputPixels: false });
  return {
    data: await image.toFormat(type, { ...settings, ...more(encoding, pixels) }).toBuffer(),
    mimeType: `image/${type}`,
  };
}

function more(
  encoding: Encoding,
  { width, height }: Pixels,
): { dither?: number; quality?: number; optimiseCoding?: boolean } {
  // With this quality, up to 256 colours stay as they are; more are brought down to 256, dithered.
  if (encoding.type === 'png') return encoding.palette ? { quality: 100, dither: 1 } : {};
  // Shorter codes take a second pass, for which the encoder keeps 12 bytes of each pixel.
  return encoding.type === 'jpeg' ? { optimiseCoding: width * height <= maxTwoPassPixels } : {};
}

const maxTwoPassPixels = 2 ** 24;

/**
 * Decodes an image of few colours once more, upright and as large as `size`, and keeps those colours: every pixel is one of
 * the original's. Smooth scaling mixes new ones, which makes of dots and checks what nothing stores in few bytes.
 */
export async function encodeOwnColours(
  sharp: Sharp,
  original: Buffer,
  { width, height }: Pixels,
): Promise<Encoded> {
  const image = sharp(original, { failOn: 'none', limitInputPixels: false });
  const { bitsPerSample = 8 } = await image.metadata();
  const data = await image
    .autoOrient()
    .resize({ width, height, fit: 'fill', kernel: 'nearest' })
    .png({
      palette: true,
      colours: 2 ** Math.min(8, bitsPerSample),
      quality: 100,
      dither: 0,
      compressionLevel: 9,
    })
    .toBuffer();
  return { data, mimeType: 'image/png' };
}

/** Whether a format can hold so large an image at all. */
export function fits(encoding: Encoding, { width, height }: Pixels): boolean {
  return Math.max(width, height) <= maxEdge[encoding.type];
}

/** JPEG could hold 65,535, its usual library does not. WebP: https://developers.google.com/speed/webp/faq */
const maxEdge = { png: 2 ** 31 - 1, jpeg: 65_500, webp: 16_383 };

/**
 * Whether the first picture of a WebP file is stored without loss; false where the file makes no sense.
 * Layout: https://developers.google.com/speed/webp/docs/riff_container
 */
export function isLosslessWebp(bytes: Buffer): boolean {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    if (name === 'VP8L' || name === 'VP8 ') return name === 'VP8L';
    const size = bytes.readUInt32LE(at + 4);
    // A frame of an animation holds chunks of its own, after 16 bytes.
    at += name === 'ANMF' ? 8 + 16 : 8 + size + (size % 2);
  }
  return false;
}
