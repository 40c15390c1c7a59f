import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { temporaryFolder } from './files.ts';

/**
 * A folder of shell scripts by name, to be the PATH. Each notes its arguments and its own process id; `$data` is the file
 * of that content.
 */
export function fakePrograms(scripts: Readonly<Record<string, string>>, data: string | Uint8Array = '') {
  const folder = temporaryFolder();
  const dataPath = join(folder, 'data');
  writeFileSync(dataPath, data);
  const notes = (name: string, what: string) => join(folder, `${name}.${what}`);
  for (const [name, script] of Object.entries(scripts)) {
    const preface = [
      '#!/bin/sh',
      // What the scripts use is found, and what they stand in for is not.
      'PATH=/usr/bin:/bin',
      `data='${dataPath}'`,
      `{ printf '%s\\037' "$@"; echo; } >> '${notes(name, 'calls')}'`,
      `echo $$ > '${notes(name, 'started')}' && mv '${notes(name, 'started')}' '${notes(name, 'process')}'`,
    ];
    writeFileSync(join(folder, name), [...preface, script, ''].join('\n'));
    chmodSync(join(folder, name), 0o755);
  }
  return {
    folder,
    /** The arguments of each time the program was started. */
    calls: (name: string): string[][] => {
      if (!existsSync(notes(name, 'calls'))) return [];
      const lines = readFileSync(notes(name, 'calls'), 'utf8').trimEnd().split('\n');
      return lines.map((line) => line.split('\x1f').slice(0, -1));
    },
    /** The process id of the latest start; waits for one. */
    started: () =>
      vi.waitFor(() => Number(readFileSync(notes(Object.keys(scripts)[0] ?? '', 'process'), 'utf8')), {
        timeout: 50_000,
      }),
  };
}

/** Whether a process of that id is there. */
export function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

/** Whether a program can be started at all. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['-version'], { stdio: 'ignore' }).error === undefined;
}

/** An X server of the test's own; returns what programs need to find it, and a way to copy as a desktop program does. */
export async function startXServer() {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '64x64x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  const stop = async () => {
    server.kill();
    await ended;
  };
  onTestFinished(stop);
  const [number] = (await once(server.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer];
  const environment = { PATH: process.env.PATH, DISPLAY: `:${String(number).trim()}` };
  const selection = ['-selection', 'clipboard', '-target'];
  /** Copies a file's bytes as something of that type, and waits until everybody can see it. */
  const copy = async (type: string, path: string) => {
    execFileSync('xclip', [...selection, type, '-in', path], { env: environment, stdio: 'ignore' });
    await vi.waitFor(
      () => execFileSync('xclip', [...selection, 'TARGETS', '-out'], { env: environment, stdio: 'pipe' }),
      { timeout: 50_000 },
    );
  };
  return { environment, copy, stop };
}
