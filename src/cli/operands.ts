import { extname } from 'node:path';
import { UsageError } from '../errors.ts';
import { imageExtensions } from '../image/formats/fast-sniff.ts';
import { isWebUrl } from '../image/source.ts';

interface Operands {
  readonly images: readonly string[];
  /** Undefined where the operands hold none. */
  readonly prompt: string | undefined;
}

interface Situation {
  /** Whether an option gives the prompt: then every operand is an image. */
  readonly hasPrompt: boolean;
  /** Whether an option gives images: then no operand need be one. */
  readonly hasImages: boolean;
  readonly exists: Exists;
}

/**
 * Tells images and prompt apart. With a prompt given by an option every operand is an image; otherwise the last one is the
 * prompt, unless it names an image or there is no other. Throws a `UsageError` for operands that are neither.
 */
export function sortOperands(operands: readonly string[], situation: Situation): Operands {
  const { hasPrompt, hasImages, exists } = situation;
  const last = operands.at(-1);
  const isAlone = operands.length === 1 && !hasImages;
  const isPrompt = last !== undefined && !isAlone && !hasPrompt && !namesImage(last, exists);
  if (last !== undefined && !isAlone && !hasPrompt) refuseDoubtful(last, exists);
  const images = isPrompt ? operands.slice(0, -1) : operands;
  if (images.length === 0 && !hasImages) {
    throw new UsageError('no image given', {
      hint: 'For example: describe-image photo.jpg "what is this?"',
    });
  }
  checkImages(images, situation);
  if (isPrompt && last.trim() === '') {
    throw new UsageError('the prompt is empty', { hint: 'Omit it to use the default prompt.' });
  }
  return { images, prompt: isPrompt ? last : undefined };
}

/** A mistyped `b.jgp.png` names an image too: it is "no such file", never sent as a question. */
function namesImage(word: string, exists: Exists): boolean {
  const extension = extname(word).toLowerCase();
  const isNamed = imageExtensions.has(extension) || otherExtensions.has(extension);
  return word === '-' || isWebUrl(word) || isNamed || exists(word);
}

/** A sentence that ends in the name of an image could be either, and a wrong guess costs a request. */
function refuseDoubtful(word: string, exists: Exists): void {
  if (!/\s/.test(word) || isWebUrl(word) || exists(word) || !namesImage(word, exists)) return;
  throw new UsageError(`"${word}": no such file; it may be meant as the prompt`, {
    hint: 'Use -p for a prompt that ends in the name of an image.',
  });
}

/** What people try to send as images. */
const otherExtensions: ReadonlySet<string> = new Set(['.pdf', '.mp4', '.mov']);

/** A prompt without quotes is several words, and none of them is an image. */
function checkImages(images: readonly string[], { hasPrompt, exists }: Situation): void {
  if (images.includes(''))
    throw new UsageError('the name of an image is empty', { hint: 'Check the variable it came from.' });
  if (images.length < 2) return;
  const [first = '', ...others] = images;
  const words = others.filter((word) => !namesImage(word, exists));
  if (words.length > 0 && words.length === others.length && hasPrompt) {
    throw new UsageError(`two prompts: ${others.join(' ')}, and that of -p`, {
      hint: 'Omit one of them.',
    });
  }
  if (words.length > 0) {
    throw new UsageError(`${words.join(', ')}: not the names of images`, {
      hint: `Put the prompt in quotes: describe-image ${first} "${words.join(' ')} …"`,
    });
  }
  if (images.length === 2 && !namesImage(first, exists)) {
    throw new UsageError(`${first} is not the name of an image`, {
      hint: `Put the image first: describe-image ${others[0]} "${first}"`,
    });
  }
}

type Exists = (path: string) => boolean;
