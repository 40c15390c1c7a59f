import { DescribeImageError, OutputError, UsageError } from '../errors.ts';

/** Says why a journal cannot be opened, in place of what the system says; errors of any other kind stay as they are. */
export function explainOpenFailure(error: unknown, name: string): unknown {
  if (error instanceof DescribeImageError) return error;
  const [why, hint] = openErrors[codeOf(error)] ?? [];
  if (why === undefined) return explainWriteFailure(error, name);
  return new UsageError(`${name} cannot be written: ${why}`, { hint, cause: error });
}

/** Says why a journal cannot be written any more. */
export function explainWriteFailure(error: unknown, name: string): unknown {
  if (error instanceof OutputError)
    return new OutputError(error.sentence, { hint: error.advice, cause: error.cause });
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = codeOf(error);
  const [why, hint] = writeErrors[code] ?? [
    code,
    'What is recorded is kept. Check the disk, then run it again.',
  ];
  return new OutputError(`${name} cannot be written: ${why}`, { hint, cause: error });
}

/** The system's name for an error, such as `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

type Explanation = readonly [why: string, hint: string];

const rights = 'Name another file; ls -ld shows the permissions of this one and of its folder.';

const openErrors: Readonly<Record<string, Explanation>> = {
  ENOENT: ['its folder does not exist', 'Create the folder first, or name another file.'],
  ENOTDIR: ['a part of its path is a file, not a folder', 'Check the path.'],
  EISDIR: ['it is a folder', 'Name a file in it.'],
  EACCES: ['permission denied', rights],
  EPERM: ['the system does not permit it', rights],
  EROFS: ['the file system is read-only', 'Name a file on another one.'],
  ELOOP: ['too many symbolic links', 'The link points to itself; name another file.'],
  ENAMETOOLONG: ['the name is too long', 'Name another file.'],
};

const room = 'What is recorded is kept. Run it again once there is room.';

const writeErrors: Readonly<Record<string, Explanation>> = {
  ENOSPC: ['the disk is full', room],
  EDQUOT: ['the quota of the disk is used up', room],
  EFBIG: [
    'the file has reached the size limit',
    'What is recorded is kept. Raise the limit (ulimit -f), or name another file.',
  ],
};
