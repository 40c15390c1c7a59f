import type { Decoded } from './decode.ts';
import { type Encoded, type Encoding, encode, encodeOwnColours, fits, isLosslessWebp } from './encode.ts';
import type { ConvertRequest } from './messages.ts';
import { hasAlpha, type Pixels } from './pixels.ts';
import type { Sharp } from './sharp.ts';

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
  const mostPngBytes = Math.max(smallBytes, mostPngPerJpeg * jpeg.data.length);
  return png.data.length <= mostPngBytes ? png : jpeg;
}

const fineJpeg: Encoding = { type: 'jpeg', quality: 92, chromaSubsampling: '4:4:4' };
const mostPngPerJpeg = 1.5;
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
