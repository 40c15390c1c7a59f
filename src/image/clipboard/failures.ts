import { ImageError } from '../../errors.ts';
import { shortLine } from '../../printable.ts';

const saveInstead = 'Save the image to a file and name the file.';

/** There is nothing on the clipboard. */
export function empty(): ImageError {
  return new ImageError('empty', { hint: 'Copy an image first.' });
}

/** There is something, but neither an image nor files. */
export function notAnImage(isText: boolean): ImageError {
  return new ImageError(isText ? 'holds text, not an image' : 'holds neither an image nor text', {
    hint: 'Copy the image itself, not its address or its file.',
  });
}

/** Files were copied in a file manager; `paths` may be empty where they cannot be learnt. */
export function holdsFiles(paths: readonly string[]): ImageError {
  const [path] = paths;
  if (path !== undefined && paths.length === 1) {
    return new ImageError('holds a file, not an image', {
      hint: `The clipboard holds the file ${shortLine(path)}: name it instead.`,
    });
  }
  const what = paths.length === 0 ? 'a file' : `${paths.length} files`;
  return new ImageError(`holds ${what}, not an image`, { hint: 'Name the file of one image instead.' });
}

/** The program ran and says that it did not work. */
export function failed(program: string, complaint: string, exitCode: number): ImageError {
  const reason = complaint.replace(/^Error: /, '') || `exit code ${exitCode}`;
  return new ImageError(`${program} failed: ${reason}`, { hint: saveInstead });
}

/** The program was killed, though not by this one. */
export function ended(program: string, signal: string | undefined): ImageError {
  return new ImageError(`${program} was ended by ${signal ?? 'a signal'}`, { hint: saveInstead });
}

/** The program did not end in time. */
export function noAnswer(program: string, timeoutMs: number): ImageError {
  return new ImageError(`${program} did not answer within ${timeoutMs / 1000} s`, {
    hint: 'The program the image was copied in may be busy or gone; copy it again.',
  });
}

/** The program is there and the system does not start it. */
export function cannotStart(program: string, path: string, code: string): ImageError {
  const isDenied = code === 'EACCES' || code === 'EPERM';
  return new ImageError(
    isDenied ? `${program} may not be run: permission denied` : `${program} cannot be started (${code})`,
    { hint: `Check ${shortLine(path)} or install it again.` },
  );
}

/** The image is larger than the caller takes. */
export function tooLarge(mostBytes: number): ImageError {
  return new ImageError(`larger than ${mostBytes} bytes`, {
    hint: 'Save the image to a file and make it smaller.',
  });
}

/** An image is offered, and no bytes come. */
export function noBytes(): ImageError {
  return new ImageError('the image on it is empty, 0 bytes', { hint: 'Copy it again.' });
}
