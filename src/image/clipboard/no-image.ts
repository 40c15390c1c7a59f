import { ImageError } from '../../errors.ts';
import { shortLine } from '../../printable.ts';

/** There is nothing on the clipboard. */
export function empty(): ImageError {
  return new ImageError('empty', { hint: 'Copy an image first.' });
}

/** There is something, but neither an image nor files. */
export function notAnImage(isText: boolean): ImageError {
  return new ImageError(isText ? 'holds text, not an image' : 'holds neither an image nor text', {
    hint: 'Copy the image itself, not its URL or its file.',
  });
}

/** Files were copied in a file manager; `paths` may be empty where they cannot be learnt. */
export function holdsFiles(paths: readonly string[]): ImageError {
  const [path] = paths;
  if (path !== undefined && paths.length === 1) {
    return new ImageError('holds a file, not an image', {
      hint: `The clipboard holds the file ${shortLine(path)}: use that instead.`,
    });
  }
  const what = paths.length === 0 ? 'a file' : `${paths.length} files`;
  return new ImageError(`holds ${what}, not an image`, { hint: 'Use the file of one image instead.' });
}

/** An image is offered, and no bytes come. */
export function noBytes(): ImageError {
  return new ImageError('the image on it is empty, 0 bytes', { hint: 'Copy it again.' });
}
