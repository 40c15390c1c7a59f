import { type LoadOptions, loadImage } from '../../src/image/load.ts';
import { type ImageInput, parseSource } from '../../src/image/source.ts';

/** Loads an image as the program does when nothing was said about it. */
export function load(input: ImageInput, options: Partial<LoadOptions> = {}) {
  return loadImage(parseSource(input), {
    convert: true,
    stripMetadata: false,
    maxBytes: 100_000_000,
    timeoutMs: 60_000,
    ...options,
  });
}
