import { lstatSync, type Stats } from 'node:fs';
import { codeOf, ImageError } from '../errors.ts';
import { option, type Sentence, say } from '../sentence.ts';

/** A file that something writes to while it is read. */
export function changed(name: string): ImageError {
  return new ImageError('changed while it was being read', {
    hint: 'The request was not completed. Run it again once nothing writes to the file.',
  }).about(name);
}

/** Something at a path that is no file. */
export function notAFile(stats: Stats): ImageError {
  if (stats.isDirectory()) return new ImageError(...systemErrors.EISDIR);
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  return new ImageError(`${what}, not a file`, { hint: 'Save the image to a file first.' });
}

/** Says what the system says of a file, and to which image it happened; any other error stays what it is. */
export function unreadable(error: unknown, path: string | Buffer, name: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = codeOf(error);
  const [message, { hint }] = explain(code, path, name) ?? [
    `cannot be read (${code || error.message})`,
    { hint: 'Check the file and its disk.' },
  ];
  return new ImageError(message, { hint, cause: error }).about(name);
}

type Explanation = readonly [message: string, details: { readonly hint: Sentence }];

function explain(code: string, path: string | Buffer, name: string): Explanation | undefined {
  if (code === 'ENOENT' && isLink(path))
    return ['a symbolic link to a file that does not exist', { hint: 'Check where it points with ls -l.' }];
  // Node shows a program only names that are UTF-8, with this mark for what is none.
  if (code === 'ENOENT' && name.includes('\ufffd'))
    return [
      'no such file',
      { hint: say`To use a name that is not valid UTF-8, use its folder or ${option('filesFrom')}.` },
    ];
  return (systemErrors as Readonly<Record<string, Explanation>>)[code];
}

function isLink(path: string | Buffer): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

const systemErrors = {
  ENOENT: ['no such file', { hint: 'Check the path.' }],
  ENOTDIR: ['no such file', { hint: 'A part of the path is a file, not a folder.' }],
  EACCES: ['permission denied', { hint: 'Check its permissions with ls -l.' }],
  EPERM: ['permission denied', { hint: 'The system does not allow this program to read it.' }],
  ELOOP: ['too many symbolic links', { hint: 'The link points to itself.' }],
  ENAMETOOLONG: ['the name is too long', { hint: 'The system allows a few hundred characters for a name.' }],
  ENXIO: ['a socket, not a file', { hint: 'Save the image to a file first.' }],
  EISDIR: ['a folder, not an image', { hint: 'Use an image in it.' }],
} as const satisfies Readonly<Record<string, Explanation>>;
