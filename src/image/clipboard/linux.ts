import { fileURLToPath } from 'node:url';
import { ImageError } from '../../errors.ts';
import {
  type ClipboardOptions,
  empty,
  failed,
  findProgram,
  holdsFiles,
  noBytes,
  notAnImage,
  runProgram,
} from './run-program.ts';

/** Reads the image on the clipboard of a Wayland or X11 session, through wl-paste or xclip. Throws an `ImageError`. */
export async function readSelection(options: ClipboardOptions): Promise<Buffer> {
  const { tool, path } = chooseTool(options.environment);
  const types = await listTypes(tool, path, options);
  const type = bestImageType(types);
  if (type === undefined) throw await explainTypes(tool, path, types, options);
  const { exitCode, stdout, complaint } = await runProgram(path, tool.read(type), options);
  if (exitCode !== 0) throw failed(tool.name, complaint, exitCode);
  if (stdout.length === 0) throw noBytes();
  return stdout;
}

interface Tool {
  readonly name: string;
  /** What to install. */
  readonly package: string;
  /** Arguments that list the types on offer, one a line. */
  readonly list: readonly string[];
  readonly read: (type: string) => readonly string[];
  /** How it says that nothing is on offer. */
  readonly isEmpty: RegExp;
}

const wlPaste: Tool = {
  name: 'wl-paste',
  package: 'wl-clipboard',
  list: ['--list-types'],
  read: (type) => ['--no-newline', '--type', type],
  isEmpty: /^(?:Nothing is copied|No selection)/,
};

const xclip: Tool = {
  name: 'xclip',
  package: 'xclip',
  list: ['-selection', 'clipboard', '-target', 'TARGETS', '-out'],
  read: (type) => ['-selection', 'clipboard', '-target', type, '-out'],
  isEmpty: /target TARGETS not available/,
};

/** wl-paste on Wayland, xclip on X11 and on a Wayland that serves X11 programs too. */
function chooseTool(environment: ClipboardOptions['environment']): { tool: Tool; path: string } {
  const usable = [environment.WAYLAND_DISPLAY ? wlPaste : [], environment.DISPLAY ? xclip : []].flat();
  for (const tool of usable) {
    const path = findProgram(tool.name, environment);
    if (path !== undefined) return { tool, path };
  }
  throw usable[0] === undefined ? noSession() : notInstalled(usable[0]);
}

function noSession(): ImageError {
  return new ImageError('no graphical session: neither WAYLAND_DISPLAY nor DISPLAY is set', {
    hint: 'Over ssh there is no clipboard; save the image to a file and use that.',
  });
}

function notInstalled(tool: Tool): ImageError {
  return new ImageError(`${tool.name} is not installed`, {
    hint: `Install it: sudo apt install ${tool.package} (or dnf, pacman, apk …)`,
  });
}

async function listTypes(tool: Tool, path: string, options: ClipboardOptions): Promise<readonly string[]> {
  const { exitCode, stdout, complaint } = await runProgram(path, tool.list, options, maxListBytes);
  if (exitCode !== 0) throw tool.isEmpty.test(complaint) ? empty() : failed(tool.name, complaint, exitCode);
  return linesOf(stdout);
}

const maxListBytes = 1024 * 1024;

function linesOf(output: Buffer): string[] {
  return output.toString().split(/[\r\n]+/);
}

/** What the API takes comes first, then what can be made into that, then whatever calls itself an image. */
function bestImageType(types: readonly string[]): string | undefined {
  return (
    imageTypes.find((type) => types.includes(type)) ?? types.find((type) => /^image\/[\w.+-]+$/.test(type))
  );
}

const imageTypes = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/heic',
  'image/heif',
  'image/gif',
  'image/tiff',
  'image/avif',
  'image/svg+xml',
  'image/bmp',
];

/** Says what is on the clipboard instead of an image. */
async function explainTypes(
  tool: Tool,
  path: string,
  types: readonly string[],
  options: ClipboardOptions,
): Promise<ImageError> {
  const list = fileLists.find((type) => types.includes(type));
  if (list !== undefined) {
    const { stdout } = await runProgram(path, tool.read(list), options, maxListBytes);
    const files = linesOf(stdout).filter((line) => line.startsWith('file:'));
    if (files.length > 0) return holdsFiles(files.map(filePath));
  }
  const isText = types.some((type) => /^(?:text\/|UTF8_STRING$|STRING$|TEXT$)/.test(type));
  const isNothing = types.every((type) => metaTargets.includes(type));
  return isNothing ? empty() : notAnImage(isText);
}

/** How file managers say which files were copied: https://www.rfc-editor.org/rfc/rfc2483#section-5 and GNOME's own. */
const fileLists = ['text/uri-list', 'x-special/gnome-copied-files'];

/** Targets that are about the clipboard, not on it: https://x.org/releases/X11R7.7/doc/xorg-docs/icccm/icccm.html */
const metaTargets = ['', 'TARGETS', 'MULTIPLE', 'TIMESTAMP', 'SAVE_TARGETS'];

function filePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
