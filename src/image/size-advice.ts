import { option, type Sentence, say } from '../errors.ts';
import type { Image } from './load.ts';

/** What is not scaled down here: https://sharp.pixelplumbing.com/install#prebuilt-binaries */
const unscalable: ReadonlySet<string> = new Set(['image/heic', 'image/heif']);

/**
 * What would make a request smaller, in one line.
 *
 * @param ratio what it may have of its bytes, from 0 to 1
 */
export function adviceOnSize(images: readonly Image[], ratio: number): Sentence {
  const largest = images.toSorted((one, other) => other.bytes - one.bytes)[0];
  if (largest === undefined) return 'Send less.';
  const fewer = images.length > 1 ? 'Ask about fewer images together, or send smaller ones' : '';
  if (unscalable.has(largest.mimeType)) {
    return fewer
      ? `${fewer}.`
      : say`Make a smaller JPEG of it first, with heif-convert and ${option('maxEdge')} for example.`;
  }
  const { width, height } = largest.dimensions ?? { width: 0, height: 0 };
  // Bytes go with the square of the edge, about; a little less is safer.
  const edge = Math.floor((Math.max(width, height) * Math.sqrt(ratio) * 0.9) / 16) * 16;
  const scaled =
    edge > 0 ? say`${option('maxEdge')} ${edge} would shrink it` : say`${option('maxEdge')} shrinks images`;
  return fewer ? say`${fewer}: ${option('maxEdge')} ${Math.max(edge, 16)}.` : say`${scaled}.`;
}
