/**
 * Says which part of an animation or of a document is kept, such as "first of 3 frames"; undefined where there is just one.
 *
 * @param pages how many the decoder counts; it does not know of animated PNG
 */
export function keptFrame(bytes: Buffer, mimeType: string, pages: number): string | undefined {
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
export function asStillAvif(bytes: Buffer): Buffer {
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
