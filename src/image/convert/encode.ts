import type { Decoded } from './decode.ts';
import type { ConvertRequest, SendableType } from './messages.ts';
import { hasAlpha, type Pixels, type Sharp } from './sharp.ts';

export interface Encoded {
  readonly data: Buffer;
  readonly mimeType: SendableType;
}

/**
 * Encodes an image of a format that is not sent: as PNG where it is a drawing or lets something shine through, as JPEG
 * where it is a photograph. A drawing is what PNG makes small.
 */
export async function encodeConverted(
  sharp: Sharp,
  decoded: Decoded,
  format: ConvertRequest['format'],
): Promise<Encoded> {
  const { pixels } = decoded;
  if (decoded.isPalette && !decoded.isScaled) {
    const listed = await encode(sharp, pixels, { type: 'png', palette: true });
    if (await hasSamePixels(sharp, listed, pixels)) return listed;
  }
  const png = await encode(sharp, pixels, { type: 'png' });
  const isDrawing = decoded.isPalette || format.sharp === 'svg';
  if (isDrawing || hasAlpha(pixels) || !fits(fineJpeg, pixels)) return png;
  const jpeg = await encode(sharp, pixels, fineJpeg);
  const maxPngBytes = Math.max(smallBytes, maxPngPerJpeg * jpeg.data.length);
  return png.data.length <= maxPngBytes ? png : jpeg;
}

const fineJpeg: Encoding = { type: 'jpeg', quality: 92, chromaSubsampling: '4:4:4' };
const maxPngPerJpeg = 1.5;
/** Up to here nothing is won by giving up exactness. */
const smallBytes = 64 * 1024;

async function hasSamePixels(sharp: Sharp, encoded: Encoded, pixels: Pixels): Promise<boolean> {
  const image = sharp(encoded.data, { limitInputPixels: false });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return info.channels === pixels.channels && data.equals(pixels.data);
}

/**
 * Encodes an image that was made smaller: the best of what takes no more bytes than the original, else the smallest. Of
 * few colours, what smooth scaling makes grow is scaled once more in a way that adds none.
 */
export async function encodeShrunk(
  sharp: Sharp,
  decoded: Decoded,
  original: Buffer,
  format: ConvertRequest['format'],
): Promise<Encoded> {
  const { pixels } = decoded;
  let smallest: Encoded | undefined;
  for (const encoding of ladderFor(format, decoded, original)) {
    if (!fits(encoding, pixels)) continue;
    const encoded = await encode(sharp, pixels, encoding);
    if (encoded.data.length <= original.length) return encoded;
    if (smallest === undefined || encoded.data.length < smallest.data.length) smallest = encoded;
  }
  if (isPalettePng(format, decoded)) {
    const encoded = await encodeOwnColours(sharp, original, pixels);
    if (smallest === undefined || encoded.data.length < smallest.data.length) return encoded;
  }
  return smallest ?? (await encode(sharp, pixels, { type: 'png' }));
}

function isPalettePng(format: ConvertRequest['format'], decoded: Decoded): boolean {
  return format.mimeType === 'image/png' && decoded.isPalette;
}

/**
 * From where nobody sees a difference to what most files are stored in anyway; then on to what only an original needs that
 * has lost as much itself.
 */
const qualities: readonly number[] = [92, 85, 80, 75, 65, 50, 35, 25, 18, 12, 8, 5];
/** Below, drawings are better off with fewer of their pixels and all of their colours. */
const leastForPalette = 35;

/** Without loss where the original has none, else near the quality of the original, best first. */
function ladderFor(
  format: ConvertRequest['format'],
  decoded: Decoded,
  original: Buffer,
): readonly Encoding[] {
  const isOpaque = !hasAlpha(decoded.pixels);
  const least = isPalettePng(format, decoded) ? leastForPalette : 0;
  const steps = qualities.filter((quality) => quality >= least);
  const lossyWebp: readonly Encoding[] = steps.map((quality) => ({ type: 'webp', quality }));
  const chromaSubsampling = decoded.isSubsampled ? '4:2:0' : '4:4:4';
  const jpeg: readonly Encoding[] = steps.map((quality) => ({ type: 'jpeg', quality, chromaSubsampling }));
  const lossless: Encoding = { type: 'webp', lossless: true };
  if (format.mimeType === 'image/png') {
    const png: Encoding = decoded.isPalette ? { type: 'png', palette: true } : { type: 'png' };
    return [png, lossless, ...(isOpaque ? jpeg : lossyWebp)];
  }
  if (format.mimeType === 'image/webp') {
    return isLosslessWebp(original) ? [lossless, ...lossyWebp] : lossyWebp;
  }
  return isOpaque ? jpeg : [{ type: 'png' }, ...lossyWebp];
}

/** One way to store an image. */
type Encoding =
  | { readonly type: 'png'; readonly palette?: boolean }
  | { readonly type: 'jpeg'; readonly quality: number; readonly chromaSubsampling: '4:4:4' | '4:2:0' }
  | { readonly type: 'webp'; readonly quality: number }
  | { readonly type: 'webp'; readonly lossless: true };

/** Encodes decoded pixels. */
async function encode(sharp: Sharp, pixels: Pixels, encoding: Encoding): Promise<Encoded> {
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
async function encodeOwnColours(sharp: Sharp, original: Buffer, { width, height }: Pixels): Promise<Encoded> {
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
function fits(encoding: Encoding, { width, height }: Pixels): boolean {
  return Math.max(width, height) <= maxEdge[encoding.type];
}

/** JPEG could hold 65,535, its usual library does not. WebP: https://developers.google.com/speed/webp/faq */
const maxEdge = { png: 2 ** 31 - 1, jpeg: 65_500, webp: 16_383 };

/**
 * Whether the first picture of a WebP file is stored without loss; false where the file makes no sense.
 * Layout: https://developers.google.com/speed/webp/docs/riff_container
 */
function isLosslessWebp(bytes: Buffer): boolean {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    if (name === 'VP8L' || name === 'VP8 ') return name === 'VP8L';
    const size = bytes.readUInt32LE(at + 4);
    // A frame of an animation holds chunks of its own, after 16 bytes.
    at += name === 'ANMF' ? 8 + 16 : 8 + size + (size % 2);
  }
  return false;
}
