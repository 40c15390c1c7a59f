import { extname } from 'node:path';
import { UsageError } from '../errors.ts';
import { isWebUrl } from '../image/source.ts';

interface Operands {
  readonly image: string;
  /** Undefined where the operands hold none. */
  readonly prompt: string | undefined;
}

/**
 * Tells images and prompt apart. With a prompt given by an option every operand is an image; otherwise the last of
 * several is the prompt, unless it names an image. Throws a `UsageError` unless there is exactly one image.
 */
export function sortOperands(operands: readonly string[], hasPrompt: boolean, exists: Exists): Operands {
  const last = operands.at(-1);
  const isPrompt = last !== undefined && operands.length > 1 && !hasPrompt && !namesImage(last, exists);
  const images = isPrompt ? operands.slice(0, -1) : operands;
  const [image] = images;
  if (image === undefined) {
    throw new UsageError('no image was named', {
      hint: 'For example: describe-image photo.jpg "what is this?"',
    });
  }
  if (images.length > 1) throw tooMany(images, hasPrompt, exists);
  if (image === '')
    throw new UsageError('the name of the image is empty', { hint: 'Check the variable it came from.' });
  if (isPrompt && last.trim() === '') {
    throw new UsageError('the prompt is empty', { hint: 'Leave it out to have the image described.' });
  }
  return { image, prompt: isPrompt ? last : undefined };
}

/** A mistyped `b.jgp.png` names an image too: it is "no such file", never sent as a question. */
function namesImage(word: string, exists: Exists): boolean {
  return word === '-' || isWebUrl(word) || imageExtensions.has(extname(word).toLowerCase()) || exists(word);
}

function tooMany(images: readonly string[], hasPrompt: boolean, exists: Exists): UsageError {
  const [first = '', ...others] = images;
  const words = others.filter((word) => !namesImage(word, exists));
  if (images.length === 2 && words.length === 0 && !namesImage(first, exists)) {
    return new UsageError(`${first} is not the name of an image`, {
      hint: `The image comes first: describe-image ${others[0]} "${first}"`,
    });
  }
  if (words.length === others.length && hasPrompt) {
    return new UsageError(`two prompts: ${others.join(' ')}, and the one of -p`, {
      hint: 'Leave one of them out.',
    });
  }
  if (words.length === others.length) {
    return new UsageError(`${others.join(', ')}: not the names of images`, {
      hint: `Put the prompt in quotes: describe-image ${first} "${others.join(' ')} …"`,
    });
  }
  return new UsageError(`one image at a time, and ${images.length} were named: ${images.join(', ')}`, {
    hint: 'A loop asks about each. If the last one is the prompt, write it after -p.',
  });
}

type Exists = (path: string) => boolean;

/** What people call images, the sendable ones first: told by name alone, for a file that is not there. */
const imageExtensions = new Set(
  (
    '.png .apng .jpg .jpeg .jpe .jfif .webp .heic .heif .hif ' +
    '.gif .bmp .tif .tiff .avif .jxl .jp2 .ico .psd .svg .pdf .dng .cr2 .cr3 .nef .arw .raf .mp4 .mov'
  ).split(' '),
);
