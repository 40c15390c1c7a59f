import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openJournal } from '../../src/store/journal.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { temporaryFolder } from '../helpers/files.ts';
import { keyOf, thisRun } from '../helpers/journal.ts';

const program = fileURLToPath(new URL('../helpers/journal-process.js', import.meta.url));
/** The journal as a child can load it, since Node 20 does not know TypeScript. */
let compiled: string;

beforeAll(async () => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('../../src/store/journal.ts', import.meta.url)),
    platform: 'node',
  });
  const file = join(mkdtempSync(join(tmpdir(), 'describe-image-test-')), 'journal.mjs');
  await bundle.write({ file });
  await bundle.close();
  compiled = pathToFileURL(file).href;
  return () => rmSync(dirname(file), { recursive: true, force: true });
});

it('loses nothing that was recorded when a run is killed, at any moment', async () => {
  await Promise.all([1, 2].map((seed) => killAndReopen(createDice(seed), 4)));
});

it('lets exactly one of several newcomers take over a lock', async () => {
  const path = join(temporaryFolder(), 'captions.jsonl');
  writeFileSync(path, '');
  const children = [1, 2].map(() => start([process.execPath, program, compiled, path, 'race']));
  const outputs = children.map((child) => linesFrom(child)[Symbol.asyncIterator]());
  const next = () => Promise.all(outputs.map(async (output) => (await output.next()).value));
  const tell = (line: string) => {
    for (const child of children) child.stdin?.write(`${line}\n`);
  };
  tell('0');
  await next();
  tell('');
  await next();
  const gone = start([process.execPath, '-e', '']);
  await once(gone, 'exit');
  const left = { pid: gone.pid, host: 'desk', startedAt: new Date(0) };
  for (let round = 0; round < 10; round++) {
    writeFileSync(`${path}.lock`, JSON.stringify(left));
    if (round % 2 === 1) writeFileSync(`${path}.lock.lock`, JSON.stringify(left));
    tell(String(performance.timeOrigin + performance.now() + 4));
    const results = await next();
    expect(results.filter((result) => result === 'won')).toHaveLength(1);
    const winner = children[results.indexOf('won')];
    const refusal = `UsageError: another run (process ${winner?.pid}) is writing ${path}`;
    expect(results.filter((result) => result !== 'won')).toEqual([refusal]);
    expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toMatchObject({ pid: winner?.pid });
    tell('');
    expect(await next()).toEqual(['closed', 'closed']);
    expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  }
});

describe.skipIf(process.platform === 'win32')('where there is no more room', () => {
  it('keeps whole lines when the file may not grow', async () => {
    const path = join(temporaryFolder(), 'captions.jsonl');
    // In blocks of 512 or 1024 bytes.
    const limited = ['sh', '-c', 'ulimit -f 100 && exec "$@"', 'sh'];
    const { lines, records } = await fill(path, limited);
    expect(lines.at(-1)).toBe(
      `OutputError: ${path} cannot be written: the file has reached the size limit. Recorded answers are kept. Raise the limit (ulimit -f), or use another file.`,
    );
    await expectWhole(path, records);
  });

  it.skipIf(!canMount())('keeps whole lines when the disk is full', async () => {
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    const copy = join(folder, 'captions.jsonl');
    mkdirSync(disk);
    // The disk is gone with the shell, so what is on it is copied.
    const script =
      'mount -t tmpfs -o size=200k tmpfs "$1" && copy=$2 && shift 2 && "$@"; cp "$4" "$copy"; ls "$(dirname "$4")"';
    const path = join(disk, 'captions.jsonl');
    const { lines, records } = await fill(path, ['unshare', '-rm', 'sh', '-c', script, 'sh', disk, copy]);
    expect(lines.pop()).toBe('captions.jsonl');
    expect(lines.at(-1)).toBe(
      `OutputError: ${path} cannot be written: the disk is full. Recorded answers are kept. Free some space, then run it again.`,
    );
    await expectWhole(copy, records);
  });
});

async function killAndReopen(dice: Dice, rounds: number): Promise<void> {
  const path = join(temporaryFolder(), 'captions.jsonl');
  const recorded = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const child = start([process.execPath, program, compiled, path, 'append', '300', '130']);
    const exit = once(child, 'exit');
    let linesLeft = dice.below(100);
    for await (const line of linesFrom(child)) {
      if (line !== 'opened') recorded.add(`${line}.jpg`);
      if (linesLeft === 0) child.kill('SIGKILL');
      linesLeft -= 1;
    }
    expect(await exit).toEqual([null, 'SIGKILL']);

    const before = readFileSync(path);
    const journal = await openJournal(path, thisRun);
    expect([...recorded].filter((image) => !journal.has(keyOf(image), image))).toEqual([]);
    await journal.close();
    const after = readFileSync(path);
    // Cut off, or ended with a newline, and otherwise as it was.
    const shared = Math.min(before.length, after.length);
    expect(before.subarray(0, shared).equals(after.subarray(0, shared))).toBe(true);
    const lines = after.toString('utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.filter((line, number) => line !== lineOf(number, 300))).toEqual([]);
    expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  }
  expect(recorded.size).toBeGreaterThan(50);
}

/** Appends until nothing fits any more; returns what was printed, and how many records were said to be on disk. */
async function fill(path: string, prefix: readonly string[]) {
  const child = start([...prefix, process.execPath, program, compiled, path, 'append', '100', '10000']);
  const lines: string[] = [];
  for await (const line of linesFrom(child)) lines.push(line);
  return { lines, records: lines.filter((line) => /^\d+$/.test(line)).length };
}

async function expectWhole(path: string, records: number): Promise<void> {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(records).toBeGreaterThan(0);
  // No line is there that was said not to be.
  expect(lines.length).toBe(records);
  expect(lines.filter((line, number) => line !== lineOf(number, 100))).toEqual([]);
  const journal = await openJournal(path, thisRun);
  expect(lines.filter((_, number) => !journal.has(keyOf(`${number}.jpg`), `${number}.jpg`))).toEqual([]);
  await journal.close();
}

/** What the other process writes. */
function lineOf(number: number, bytes: number): string {
  const image = `${number}.jpg`;
  return JSON.stringify({ key: keyOf(image), image, text: 'ä'.repeat((number % 8) * bytes) });
}

function start([command = '', ...args]: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

function linesFrom({ stdout }: ChildProcess): AsyncIterable<string> {
  if (stdout === null) throw new Error('there is no pipe');
  return createInterface({ input: stdout });
}

/** Whether this user may mount a small disk of their own. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
