import { ImageError } from '../errors.ts';
import { readSelection } from './clipboard/linux.ts';
import { readMacClipboard, readWindowsClipboard } from './clipboard/mac-and-windows.ts';
import { type ClipboardOptions, findProgram } from './clipboard/run-program.ts';

export type { ClipboardOptions };

/**
 * Reads the image on the clipboard, in the best format it is offered in, through a program of the system.
 * Throws an `ImageError` that does not name the image (the caller does), and an `AbortedError`.
 */
export async function readClipboard(options: ClipboardOptions): Promise<Buffer> {
  switch (options.platform) {
    case 'darwin':
      return readMacClipboard(options);
    case 'win32':
      return readWindowsClipboard(options);
    case 'linux':
      return isWsl(options) ? readUnderWsl(options) : readSelection(options);
    case 'freebsd':
    case 'netbsd':
    case 'openbsd':
      return readSelection(options);
    default:
      throw new ImageError(`cannot be read on ${options.platform}`, {
        hint: 'Save the image to a file and use that.',
      });
  }
}

/** The Windows subsystem for Linux, where it may start programs of Windows. */
function isWsl({ environment }: ClipboardOptions): boolean {
  return Boolean(environment.WSL_DISTRO_NAME) && findProgram('powershell.exe', environment) !== undefined;
}

/**
 * Whatever the Linux side cannot give is asked of Windows, and so is what it gives as a BMP: it makes one of all that
 * Windows holds, and Windows itself gives a PNG. https://github.com/microsoft/wslg/issues/833
 */
async function readUnderWsl(options: ClipboardOptions): Promise<Buffer> {
  try {
    const image = await readSelection(options);
    if (image.toString('latin1', 0, 2) !== 'BM') return image;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
  }
  return readWindowsClipboard(options);
}
