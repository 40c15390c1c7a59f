import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Finds a program on the PATH and returns its absolute path, so that nothing searches again: Windows would look into the
 * current folder first. Prefers one that may be run; undefined where there is none.
 */
export function findProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const path = environment.PATH ?? environment.Path ?? '';
  const found = path
    .split(delimiter)
    .filter(isTrusted)
    .map((folder) => join(folder, name))
    .filter(isFile);
  return found.find(isExecutable) ?? found[0];
}

/** An entry that is empty or relative means the current folder, and npm adds that of a project's packages. */
function isTrusted(folder: string): boolean {
  return isAbsolute(folder) && !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
