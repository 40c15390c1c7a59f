import { randomUUID } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { codeOf } from './failures.ts';

/** The process that holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** The name of the machine, since a process number means nothing on another. */
  readonly host: string;
  /** When the process started: tells it from an earlier one of the same number, as each run in a container may have. */
  readonly startedAt: Date;
}

export type LockFile =
  | { readonly kind: 'held'; readonly pid: number; readonly host: string; readonly startedAt: string }
  /** Begun and not completed. */
  | { readonly kind: 'damaged'; readonly modifiedMs: number }
  | { readonly kind: 'foreign' };

export interface Creation {
  /** False when there is a lock already. */
  readonly isCreated: boolean;
  /** The time by the clock of the file system, which may be another machine's. */
  readonly nowMs: number;
}

/** Creates a lock file unless there is one. Throws the system's own errors. */
export function createLock(path: string, owner: LockOwner): Creation {
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, textOf(owner), { flag: 'wx' });
    return { isCreated: linkUnlessThere(draft, path, owner), nowMs: statSync(draft).mtimeMs };
  } finally {
    removeIfThere(draft);
  }
}

/** Reads a lock file; undefined when there is none. Throws the system's own errors. */
export function readLock(path: string): LockFile | undefined {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile() || stats.size > mostBytes) return { kind: 'foreign' };
    return parseLock(readFileSync(path, 'utf8'), stats.mtimeMs);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a lock file if it is still this owner's. */
export function releaseLock(path: string, owner: LockOwner): void {
  try {
    if (readFileSync(path, 'utf8') === textOf(owner)) unlinkSync(path);
  } catch {
    // What cannot be removed is taken over by the next run.
  }
}

const mostBytes = 4096;

function textOf({ pid, host, startedAt }: LockOwner): string {
  return `${JSON.stringify({ pid, host, startedAt })}\n`;
}

/** A link appears with its content, so nobody finds a lock half written. FAT and some network drives know no links. */
function linkUnlessThere(draft: string, path: string, owner: LockOwner): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
  }
  try {
    writeFileSync(path, textOf(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never written.
  }
}

function parseLock(text: string, modifiedMs: number): LockFile {
  const lock = ownerIn(text);
  if (lock !== undefined) return { kind: 'held', ...lock };
  // Some file systems leave zeros where a power cut kept the bytes from the disk.
  const begun = text.replaceAll('\0', '');
  return lockHead.startsWith(begun.slice(0, lockHead.length))
    ? { kind: 'damaged', modifiedMs }
    : { kind: 'foreign' };
}

const lockHead = '{"pid":';

function ownerIn(text: string): { pid: number; host: string; startedAt: string } | undefined {
  try {
    const { pid, host, startedAt } = Object(JSON.parse(text));
    const isOwner = typeof host === 'string' && typeof startedAt === 'string';
    return isOwner && Number.isSafeInteger(pid) && pid > 0 ? { pid, host, startedAt } : undefined;
  } catch {
    return undefined;
  }
}
