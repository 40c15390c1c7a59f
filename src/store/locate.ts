import type { Stats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { UsageError } from '../errors.ts';
import { codeOf } from './failures.ts';

export interface Location {
  /** Without links, so that all names of a file lead to one lock. */
  readonly path: string;
  /** Whether there is no file yet. */
  readonly isNew: boolean;
}

/** Finds out what a path stands for. Throws a `UsageError` for what is no file, and the system's own errors. */
export async function locate(path: string): Promise<Location> {
  const stats = await statIfThere(path);
  if (stats === undefined) return { path: join(await realpath(dirname(path)), basename(path)), isNew: true };
  if (!stats.isFile())
    throw new UsageError(`${path} is ${kindOf(stats)}, not a file`, {
      hint: stats.isDirectory() ? 'Name a file in it.' : 'Name a file; a run goes on from what is in it.',
    });
  return { path: await realpath(path), isNew: false };
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  if (path === '' || path.endsWith('/') || path.endsWith(sep))
    throw new UsageError(`${path} is a folder, not a file`, { hint: 'Name a file in it.' });
  if (await isLink(path))
    throw new UsageError(`${path} is a link to a file that is not there`, {
      hint: 'ls -l shows where it points to.',
    });
  return undefined;
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}
