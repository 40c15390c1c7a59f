import { ImageError } from '../../errors.ts';
import { drawSvg } from './draw.ts';
import type { ConvertRequest } from './messages.ts';
import { isUniform, type Pixels, type Sharp, withoutOpaqueAlpha } from './sharp.ts';

type Format = ConvertRequest['format'];

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

/**
 * Decodes the first frame or page, upright, in sRGB, without metadata; undefined where the API takes the image as it is.
 * Throws an `ImageError` when its header promises too much, and whatever the decoder throws.
 */
export async function decode(
  sharp: Sharp,
  original: Buffer,
  format: Format,
  maxEdge: number | undefined,
): Promise<Decoded | undefined> {
  return format.sharp === 'svg'
    ? decodeSvg(sharp, original, maxEdge)
    : decodePixels(sharp, original, format, maxEdge);
}

async function decodeSvg(sharp: Sharp, bytes: Buffer, maxEdge: number | undefined): Promise<Decoded> {
  const pixels = withoutOpaqueAlpha(await drawSvg(sharp, bytes, maxEdge));
  const changes = [`drawn at ${pixels.width} × ${pixels.height}`];
  return { pixels, isScaled: true, isPalette: false, isSubsampled: false, changes };
}

async function decodePixels(
  sharp: Sharp,
  original: Buffer,
  format: Format,
  maxEdge: number | undefined,
): Promise<Decoded | undefined> {
  const bytes = asStillAvif(original);
  const readHeader = (page: number) =>
    sharp(bytes, { failOn: 'none', limitInputPixels: false, page }).metadata();
  const first = await readHeader(0);
  if (first.format !== format.sharp) throw new Error('its bytes are of another format than its start');
  const page = first.pagePrimary ?? 0;
  const header = page === 0 ? first : await readHeader(page);
  const { width, height } = header.autoOrient;
  const longest = Math.max(width, height);
  const edge = Math.min(longest, maxEdge ?? longest);
  const isScaled = edge < longest;
  if (format.sendable && !isScaled) return undefined;
  refuseTooLarge(header);

  const isGray = header.space === 'b-w' || header.space === 'grey16';
  const { pixels, isDamaged } = await decodeAsViewersDo(async (failOn) => {
    const image = sharp(bytes, { failOn, limitInputPixels: false, page });
    const { data, info } = await image
      .autoOrient()
      .resize(isScaled ? scaleTo(edge) : {})
      .toColourspace(isGray ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  }, format);

  if (pixels.channels > 4) {
    throw new ImageError(`${pixels.channels} channels, more than colours and transparency`, {
      hint: 'Save it with another program as RGB, without the other channels.',
    });
  }
  const changes = [
    keptFrame(original, format.mimeType, first.pages ?? 1),
    (header.orientation ?? 1) > 1 ? 'turned upright' : undefined,
    isScaled ? `scaled from ${width} × ${height} to ${pixels.width} × ${pixels.height}` : undefined,
    isDamaged ? 'decoded in part: the file is damaged or truncated' : undefined,
  ].filter((change) => change !== undefined);
  return {
    pixels: withoutOpaqueAlpha(pixels),
    isScaled,
    isPalette: header.isPalette || header.bitsPerSample === 1,
    isSubsampled: header.chromaSubsampling?.startsWith('4:2:0') === true,
    changes,
  };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: string;
}

/** A few kilobytes can promise billions of pixels, and no service takes as many. */
function refuseTooLarge({ width, height, channels, depth }: Header): void {
  const decodedBytes = width * height * channels * (bytesPerSample[depth] ?? 16);
  if (decodedBytes <= maxDecodedBytes) return;
  const [across, down] = [width.toLocaleString('en'), height.toLocaleString('en')];
  const gib = (decodedBytes / 1024 ** 3).toFixed(1);
  throw new ImageError(`${across} × ${down} pixels, ${gib} GiB once decoded: too large (at most 1 GiB)`, {
    hint: 'Crop it, or scale it down with another program.',
  });
}

const maxDecodedBytes = 1024 ** 3;

/** By the decoder's names: https://www.libvips.org/API/current/enum.BandFormat.html */
const bytesPerSample: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

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
    if (!shownInPart.includes(format.mimeType)) throw error;
    const pixels = await attempt('none');
    if (isUniform(pixels)) throw error;
    return { pixels, isDamaged: true };
  }
}

const shownInPart: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];

/**
 * Says which part of an animation or of a document is kept, such as "first of 3 frames"; undefined where there is just one.
 *
 * @param pages how many the decoder counts; it does not know of animated PNG
 */
function keptFrame(bytes: Buffer, mimeType: string, pages: number): string | undefined {
  if (isAvifSequence(bytes)) return 'first frame';
  const count = mimeType === 'image/png' ? pngFrames(bytes) : pages;
  if (count <= 1) return undefined;
  return `first of ${count} ${parts[mimeType] ?? 'frames'}`;
}

const parts: Readonly<Record<string, string>> = {
  'image/tiff': 'pages',
  'image/avif': 'images',
  'image/heic': 'images',
  'image/heif': 'images',
};

/**
 * Lets the decoder, which does not know the brand of animated AVIF, take such a file for the still image it holds as well.
 * Brands: https://aomediacodec.github.io/av1-avif/#brands
 */
function asStillAvif(bytes: Buffer): Buffer {
  if (!isAvifSequence(bytes)) return bytes;
  const still = Buffer.from(bytes);
  still.write('avif', 8, 'latin1');
  return still;
}

function isAvifSequence(bytes: Buffer): boolean {
  return bytes.toString('latin1', 4, 12) === 'ftypavis';
}

/** The animation control chunk comes before the image data: https://www.w3.org/TR/png-3/#acTL-chunk. */
function pngFrames(bytes: Buffer): number {
  const end = bytes.indexOf('IDAT');
  const control = bytes.subarray(0, end === -1 ? 0 : end).indexOf('acTL');
  return control === -1 || control + 8 > bytes.length ? 1 : bytes.readUInt32BE(control + 4);
}
