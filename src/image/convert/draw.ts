import { ImageError } from '../../errors.ts';
import type { Pixels, Sharp } from './sharp.ts';

/** Small drawings are drawn this large, so that their details can be seen; larger ones as large as they say, … */
const minEdge = 1024;
/** … up to here. */
const defaultMaxEdge = 4096;

/**
 * Draws an SVG file with its longest side between 1,024 and 4,096 pixels, or `maxEdge` if that is smaller. The renderer is
 * given no path or address to read other files by: https://gnome.pages.gitlab.gnome.org/librsvg/Rsvg-2.0/class.Handle.html
 */
export async function drawSvg(sharp: Sharp, bytes: Buffer, maxEdge = defaultMaxEdge): Promise<Pixels> {
  const svg = toPlainSvg(bytes);
  const open = (density: number) => sharp(svg, { density, limitInputPixels: false });
  const natural = await open(pixelsPerInch).metadata();
  const longest = Math.max(natural.width, natural.height);
  const edge = Math.min(Math.max(longest, minEdge), defaultMaxEdge, maxEdge);
  // A drawing in inches or millimetres grows by the square of this; it is drawn no larger than the edge all the same.
  const enlargement = Math.max(1, edge / longest);
  const { data, info } = await open(pixelsPerInch * enlargement)
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** One pixel of the drawing is one pixel of the image. */
const pixelsPerInch = 72;

/** No drawing that somebody made is larger; its tree takes many times as much memory. */
const maxSvgBytes = 16 * 1024 * 1024;

/**
 * Brings a drawing into the one form that the renderer knows: UTF-8 with `<svg` among its first 1,000 bytes, which a
 * comment ensures. The XML declaration goes, since the encoding it names is no longer right.
 * Throws an `ImageError` when it is too large.
 */
export function toPlainSvg(bytes: Buffer): Buffer {
  if (bytes.length > maxSvgBytes) {
    throw new ImageError(`too large for a drawing (at most ${maxSvgBytes / 1024 / 1024} MiB)`, {
      hint: 'Export the drawing as PNG and send that.',
    });
  }
  const text = decoderOf(bytes).decode(bytes);
  return Buffer.from(`<!--<svg>-->${text.replace(/^\s*<\?xml[^>]*>/, '')}`);
}

/** By the byte order mark or the declaration: https://www.w3.org/TR/xml/#sec-guessing. */
function decoderOf(bytes: Buffer): InstanceType<typeof TextDecoder> {
  const mark = bytes.toString('latin1', 0, 2);
  if (mark === '\xff\xfe') return new TextDecoder('utf-16le');
  if (mark === '\xfe\xff') return new TextDecoder('utf-16be');
  const declared = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)/.exec(
    bytes.toString('latin1', 0, 200),
  )?.[1];
  try {
    return new TextDecoder(declared);
  } catch {
    return new TextDecoder(); // No encoding that exists.
  }
}
