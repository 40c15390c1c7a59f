import { ImageError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import type { Ask } from './ask.ts';
import { findImages } from './find-images.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** Asks one question about all images together. Returns the exit code. */
export async function askTogether(ask: Ask, settings: Settings, io: Io, notices: Notices): Promise<number> {
  const inputs: ImageInput[] = [];
  for await (const found of findImages(settings, io, notices)) {
    if ('error' in found) throw found.error;
    inputs.push(found.input);
  }
  if (inputs.length === 0) {
    throw new ImageError('no images in the list', { hint: 'There is nothing to ask about.' });
  }
  return ask({ inputs, label: `${inputs.length} images` });
}
