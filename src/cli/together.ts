import { collect } from '../batch/collect.ts';
import { ImageError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import type { Ask } from './ask.ts';
import { exitCodes } from './exit-codes.ts';
import { openImages } from './images.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** Asks one question about all images together. Returns the exit code. */
export async function askTogether(ask: Ask, settings: Settings, io: Io, notices: Notices): Promise<number> {
  const { images, question, isQuiet } = settings;
  const skip = (name: string) => isQuiet || notices.warning(`${name}: not an image, left out`);
  const inputs: ImageInput[] = [];
  for await (const found of collect(openImages(images, io, question, skip), images.isRecursive)) {
    if ('error' in found) throw found.error;
    inputs.push(found.input);
  }
  if (inputs.length === 0) {
    throw new ImageError('no images in the list', { hint: 'There is nothing to ask about.' });
  }
  await ask({ inputs, label: `${inputs.length} images` });
  return exitCodes.answered.code;
}
