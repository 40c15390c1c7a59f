import { ImageError } from '../../errors.ts';
import type { Format } from '../formats/image-format.ts';
import { drawSvg } from './draw-svg.ts';
import { undecodable } from './failure.ts';
import { asStillAvif, keptFrame } from './frames.ts';
import { isUniform, type Pixels, withoutOpaqueAlpha } from './pixels.ts';
import type { Sharp } from './sharp.ts';

export interface DecodeOptions {
  /** Longest side in pixels; the image is scaled down to it. */
  readonly maxEdge?: number | undefined;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Raised when the result is no longer wanted. */
  readonly stop: AbortSignal;
}

export interface Decoded {
  readonly pixels: Pixels;
  /** Whether the image was made smaller. */
  readonly isScaled: boolean;
  /** Whether its colours came from a list, so that it is a drawing rather than a photograph. */
  readonly isPalette: boolean;
  /** Whether the file keeps its colours at half the resolution. */
  readonly isSubsampled: boolean;
  /** What is not as it was, for people. */
  readonly changes: readonly string[];
}

/** 2^28 less a little: the decoder's own limit, here so that it can be named. */
const mostPixels = 268_402_689;

/**
 * Decodes the first frame or page, upright, in sRGB, without metadata; undefined where the API takes the image as it is.
 * Throws an `ImageError` when it is damaged, has too many pixels or takes too long.
 */
export async function decode(
  sharp: Sharp,
  bytes: Buffer,
  format: Format,
  options: DecodeOptions,
): Promise<Decoded | undefined> {
  const isDrawing = format.sharp === 'svg';
  try {
    return isDrawing ? await decodeSvg(bytes, options) : await decodePixels(sharp, bytes, format, options);
  } catch (error) {
    throw undecodable(error, options.timeoutMs, isDrawing ? drawingHint : undefined);
  }
}

const drawingHint = 'Export the drawing as PNG and send that.';

async function decodeSvg(bytes: Buffer, options: DecodeOptions): Promise<Decoded> {
  const pixels = withoutOpaqueAlpha(await drawSvg(bytes, options));
  const changes = [`drawn at ${pixels.width} × ${pixels.height}`];
  return { pixels, isScaled: true, isPalette: false, isSubsampled: false, changes };
}

async function decodePixels(
  sharp: Sharp,
  original: Buffer,
  format: Format,
  options: DecodeOptions,
): Promise<Decoded | undefined> {
  const bytes = asStillAvif(original);
  const header = await sharp(bytes, { failOn: 'none', limitInputPixels: false }).metadata();
  if (header.format !== format.sharp) throw new Error('its bytes are of another format than its start');
  if (header.width * header.height > mostPixels) throw tooManyPixels(header.width, header.height);

  const { width, height } = header.autoOrient;
  const longest = Math.max(width, height);
  const edge = Math.min(longest, options.maxEdge ?? longest);
  const isScaled = edge < longest;
  if (format.sendable && !isScaled) return undefined;

  const isGray = header.space === 'b-w' || header.space === 'grey16';
  const { pixels, isDamaged } = await decodeAsViewersDo(async (failOn) => {
    const image = sharp(bytes, { failOn, limitInputPixels: mostPixels, page: header.pagePrimary ?? 0 });
    const { data, info } = await image
      .timeout({ seconds: Math.ceil(options.timeoutMs / 1000) })
      .autoOrient()
      .resize(isScaled ? scaleTo(edge) : {})
      .toColourspace(isGray ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  }, format);

  const changes = [
    keptFrame(original, format, header.pages ?? 1),
    (header.orientation ?? 1) > 1 ? 'turned upright' : undefined,
    isScaled ? `scaled from ${width} × ${height} to ${pixels.width} × ${pixels.height}` : undefined,
    isDamaged ? 'decoded in part: the file is damaged or cut short' : undefined,
  ].filter((change) => change !== undefined);
  return {
    pixels: withoutOpaqueAlpha(pixels),
    isScaled,
    isPalette: header.isPalette || header.bitsPerSample === 1,
    isSubsampled: header.chromaSubsampling?.startsWith('4:2:0') === true,
    changes,
  };
}

function tooManyPixels(width: number, height: number): ImageError {
  const [across, down] = [width.toLocaleString('en'), height.toLocaleString('en')];
  return new ImageError(`${across} × ${down} pixels: too many to decode (at most 268 million)`, {
    hint: 'Cut out a part of it, or save it smaller.',
  });
}

/** By a Lanczos filter, for which the decoder is to leave at least a factor of two. */
function scaleTo(edge: number) {
  return {
    width: edge,
    height: edge,
    fit: 'inside',
    withoutEnlargement: true,
    kernel: 'lanczos3',
    fastShrinkOnLoad: false,
  } as const;
}

/**
 * Takes what can be had of a damaged file, where its format is one that browsers show while it is still coming in: people
 * know such an image as one that works. One colour all over is nothing to be had.
 */
async function decodeAsViewersDo(
  attempt: (failOn: 'error' | 'none') => Promise<Pixels>,
  format: Format,
): Promise<{ pixels: Pixels; isDamaged: boolean }> {
  try {
    return { pixels: await attempt('error'), isDamaged: false };
  } catch (error) {
    const isTimeout = error instanceof Error && error.message.startsWith('timeout:');
    if (isTimeout || !shownInPart.includes(format.mimeType)) throw error;
    const pixels = await attempt('none');
    if (isUniform(pixels)) throw error;
    return { pixels, isDamaged: true };
  }
}

const shownInPart: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];
