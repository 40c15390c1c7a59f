import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type JournalOptions, openJournal } from '../../src/store/journal.ts';
import { type Machine, thisMachine } from '../../src/store/lock-owner.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { answerOf, linesOf, thisRun } from '../helpers/journal.ts';

const a = answerOf('a.jpg');
/** A run of the same machine, and what its lock says. */
const otherRun = { ...thisRun, owner: { pid: 4321, host: 'desk', startedAt: new Date() } };
const [mine, dead] = [thisRun, otherRun].map(
  ({ owner }) => `${JSON.stringify({ ...owner, renewsMs: 20_000 })}\n`,
) as [string, string];

it('locks the journal while it is open, and tells who did', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  const journal = await openJournal(path, thisRun);
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(mine);
  await expect(openJournal(path, { ...otherRun, overwrite: true })).rejects.toMatchObject({
    name: 'UsageError',
    message: `another run (process ${process.pid}) is writing ${path}`,
    hint: `Wait for it, or use another file. If that process is another program, delete ${path}.lock`,
  });
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(mine);
  expect(readFileSync(path, 'utf8')).toBe(linesOf(a));
  await journal.close();
  expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  await (await openJournal(path, otherRun)).close();
});

it('keeps out a second one of the same process', async () => {
  const path = join(temporaryFolder(), 'captions.jsonl');
  const opened = await Promise.allSettled([1, 2, 3].map(() => openJournal(path, thisRun)));
  expect(opened.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  for (const each of opened) if (each.status === 'fulfilled') await each.value.close();
});

it.skipIf(process.platform === 'win32')('finds one lock by all paths to a file, there or not', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'below'));
  const path = join(folder, 'captions.jsonl');
  const folderLink = join(temporaryFolder(), 'folder');
  const fileLink = join(temporaryFolder(), 'file');
  symlinkSync(folder, folderLink);
  for (const isThere of [false, true]) {
    if (isThere) symlinkSync(path, fileLink);
    const names = [
      relative('.', path),
      join(folder, 'below/../captions.jsonl'),
      `${folder}/./captions.jsonl`,
      join(folderLink, 'captions.jsonl'),
      ...(isThere ? [fileLink] : []),
    ];
    for (const name of names) {
      if (!isThere && existsSync(path)) unlinkSync(path);
      const journal = await openJournal(name, thisRun);
      for (const other of [path, ...names])
        await expect(openJournal(other, otherRun)).rejects.toThrow(`is writing ${other}`);
      await journal.close();
    }
  }
});

it('takes over what a dead run left, and what a dead run left that took over', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  writeFileSync(`${path}.lock`, dead);
  writeFileSync(`${path}.lock.lock`, dead);
  writeFileSync(`${path}.lock.lock.lock`, dead);
  const journal = await openJournal(path, thisRun);
  expect(readdirSync(dirname(path)).sort()).toEqual(['captions.jsonl', 'captions.jsonl.lock']);
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(mine);
  expect(journal.has(a.key, a.image)).toBe(true);
  await journal.close();
});

it('waits for a living run that takes over', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  writeFileSync(`${path}.lock`, dead);
  writeFileSync(`${path}.lock.lock`, dead.replace('4321', '77'));
  const opening = openJournal(path, { ...thisRun, isAlive: (pid) => pid === 77 });
  await expect(opening).rejects.toThrow(`another run (process 77) is writing ${path}`);
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(dead);
});

it('takes over from an earlier process of its own number', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  writeFileSync(`${path}.lock`, mine.replace(/"startedAt":"\d/, '"startedAt":"1'));
  await (await openJournal(path, thisRun)).close();
  expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
});

it('leaves the lock of another machine to a person', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  writeFileSync(`${path}.lock`, dead.replace('desk', 'attic\\u001b[31m'));
  await expect(openJournal(path, thisRun)).rejects.toMatchObject({
    name: 'UsageError',
    message: `a run on attic (process 4321) is writing ${path}`,
    hint: expect.stringContaining(`delete ${path}.lock`),
  });
  expect(readdirSync(dirname(path)).sort()).toEqual(['captions.jsonl', 'captions.jsonl.lock']);
});

const damaged = ['', '\0\0\0', '{"p', '{"pid":4321,"host":"de', '{"pid":-1,"host":"desk","startedAt":""}\n'];

it('takes over a damaged lock that is old, and no fresh one', async () => {
  for (const text of damaged) {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    writeFileSync(`${path}.lock`, text);
    await expect(openJournal(path, thisRun), text).rejects.toMatchObject({
      name: 'UsageError',
      message: `another run is starting to write ${path}`,
      hint: 'Try again in ten seconds.',
    });
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(text);
    const minuteAgo = statSync(`${path}.lock`).mtimeMs / 1000 - 60;
    utimesSync(`${path}.lock`, minuteAgo, minuteAgo);
    await (await openJournal(path, thisRun)).close();
    expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  }
});

it('takes over no file of another kind', async () => {
  for (const text of ['# packages\n', '[]', `{"pid":${'0'.repeat(5000)}`]) {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    writeFileSync(`${path}.lock`, text);
    utimesSync(`${path}.lock`, 0, 0);
    await expect(openJournal(path, thisRun)).rejects.toMatchObject({
      name: 'UsageError',
      message: `${path} cannot be locked: ${path}.lock is not a lock file`,
    });
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(text);
  }
});

it('does not take a folder for a lock', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  mkdirSync(`${path}.lock`);
  await expect(openJournal(path, thisRun)).rejects.toThrow(`${basename(path)}.lock is not a lock file`);
});

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const now = Date.now();
const bootedAtMs = now - dayMs;
const ticksAt = (timeMs: number) => Math.round((timeMs - bootedAtMs) / 10);
/** This run on Linux, where process 4321 has been alive for half an hour. */
const machine: Machine = {
  boot: () => 'this boot',
  bootedAtMs: () => bootedAtMs,
  namespace: () => 'pid:[1]',
  startTicks: (pid) => ticksAt(pid === 4321 ? now - 30 * minuteMs : Number(thisRun.owner.startedAt)),
  isInAnother: () => undefined,
};
/** A lock as version 0.1.0 wrote it, as other systems write it now, and as Linux does; here, in a container and elsewhere. */
const old = { pid: 4321, host: 'desk', startedAt: new Date(now - minuteMs) };
const renewed = { ...old, renewsMs: 20_000 };
const linux = { ...renewed, boot: 'this boot', namespace: 'pid:[1]', startTicks: machine.startTicks(4321) };
const container = { ...linux, host: 'box', namespace: 'pid:[2]' };
const elsewhere = { ...linux, host: 'attic', boot: 'another' };
const since = (spanMs: number) => ({ startedAt: new Date(now - spanMs) });

interface Case {
  readonly lock: object;
  /** How long ago it was renewed. */
  readonly ageMs?: number;
  readonly isDead?: boolean;
  readonly machine?: Partial<Machine>;
}

const left: Readonly<Record<string, Case>> = {
  'a dead process': { lock: linux, isDead: true },
  'another boot, whose number is alive again': { lock: { ...linux, boot: 'earlier' } },
  'a number that is another program’s now': { lock: { ...linux, startTicks: 900 } },
  'a container that is gone, as its host sees': { lock: container, machine: { isInAnother: () => false } },
  'a container that is silent, as another sees': { lock: container, ageMs: 3 * minuteMs },
  'a dead process under an earlier name of the machine': { lock: { ...linux, host: 'table' }, isDead: true },
  'another machine that is silent': { lock: elsewhere, ageMs: 3 * minuteMs },
  'a silent machine of another kind': { lock: { ...renewed, host: 'attic' }, ageMs: 3 * minuteMs },
  'a dead process, by 0.1.0': { lock: old, isDead: true },
  'a time before this boot, by 0.1.0': {
    lock: { ...old, ...since(2 * dayMs) },
    machine: { startTicks: () => undefined },
  },
  'a program that started before the process, by 0.1.0': { lock: { ...old, ...since(90 * minuteMs) } },
  'a container weeks ago, by 0.1.0': { lock: { ...old, host: '3f9c1d2e4b5a', ...since(30 * dayMs) } },
};

const held: Readonly<Record<string, Case>> = {
  'a living process': { lock: linux, ageMs: 3 * minuteMs },
  'a living process, though the machine has another name now': { lock: { ...linux, host: 'table' } },
  'a container that is there, as its host sees': {
    lock: container,
    ageMs: 3 * minuteMs,
    machine: { isInAnother: () => true },
  },
  'a container that renewed it just now': { lock: container, ageMs: minuteMs },
  'another machine that renewed it just now': { lock: elsewhere, ageMs: minuteMs },
  'a living process, by 0.1.0': { lock: { ...old, ...since(29 * minuteMs) } },
  'another machine yesterday, by 0.1.0': { lock: { ...old, host: 'attic', ...since(dayMs) }, ageMs: dayMs },
  'a process of which nothing more is known': {
    lock: renewed,
    ageMs: 3 * minuteMs,
    machine: { boot: () => undefined, startTicks: () => undefined },
  },
  'a process older than its lock, by a clock that was set since': {
    lock: { ...old, ...since(90 * minuteMs) },
    machine: { startTicks: (pid) => ticksAt(now - (pid === 4321 ? 30 * minuteMs : -dayMs)) },
  },
};

it('takes over the lock of a process that is gone, and no other', async () => {
  for (const [what, { lock, ageMs = 0, isDead = false, machine: known }] of [
    ...Object.entries(left),
    ...Object.entries(held),
  ]) {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    writeFileSync(`${path}.lock`, JSON.stringify(lock));
    utimesSync(`${path}.lock`, new Date(), new Date(Date.now() - ageMs));
    const options = { ...thisRun, isAlive: () => !isDead, machine: { ...machine, ...known } };
    if (what in left) {
      const journal = await openJournal(path, options);
      await journal.append(answerOf('b.jpg'));
      await journal.close();
      expect(readdirSync(dirname(path)), what).toEqual(['captions.jsonl']);
    } else {
      await expect(openJournal(path, options), what).rejects.toThrow('(process 4321) is writing');
      expect(readFileSync(`${path}.lock`, 'utf8')).toBe(JSON.stringify(lock));
    }
  }
});

it.runIf(process.platform === 'linux')(
  'knows its own machine, and that processes are not where they were',
  async () => {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    const real: JournalOptions = { overwrite: false, owner: thisRun.owner, isAlive };
    const journal = await openJournal(path, real);
    const lock = JSON.parse(readFileSync(`${path}.lock`, 'utf8'));
    expect(lock).toMatchObject({
      boot: expect.stringMatching(/^[0-9a-f-]{36}$/),
      namespace: expect.stringContaining('pid:'),
    });
    const startedAtMs = thisMachine.bootedAtMs() + (thisMachine.startTicks(process.pid) ?? 0) * 10;
    expect(Math.abs(startedAtMs - Number(thisRun.owner.startedAt))).toBeLessThan(10_000);
    await journal.close();
    const sleeper = spawn('sleep', ['60']);
    onTestFinished(() => void sleeper.kill());
    // What is there now under these numbers has not been there since then.
    for (const left of [
      { pid: sleeper.pid, host: 'desk', startedAt: new Date(0) },
      { pid: 1, host: 'desk', startedAt: new Date('2020-01-01') },
      { ...lock, pid: sleeper.pid },
      { ...lock, boot: '00000000-0000-0000-0000-000000000000' },
    ]) {
      writeFileSync(`${path}.lock`, JSON.stringify(left));
      await (await openJournal(path, real)).close();
    }
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: sleeper.pid, host: 'desk', startedAt: new Date() }));
    await expect(openJournal(path, real)).rejects.toThrow(`another run (process ${sleeper.pid}) is writing`);
  },
);

it('is renewed while it is held, and not after', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const path = temporaryFile('captions.jsonl', '');
  const journal = await openJournal(path, thisRun);
  utimesSync(`${path}.lock`, 0, 0);
  vi.advanceTimersByTime(20_000);
  expect(Date.now() - statSync(`${path}.lock`).mtimeMs).toBeLessThan(minuteMs);
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(mine);
  await journal.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('writes no more where its lock was taken over', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  const journal = await openJournal(path, thisRun);
  unlinkSync(`${path}.lock`);
  writeFileSync(`${path}.lock`, dead);
  await expect(journal.append(answerOf('b.jpg'))).rejects.toMatchObject({
    name: 'OutputError',
    message: expect.stringContaining('no longer locked by this run'),
  });
  await journal.close();
  expect(readFileSync(path, 'utf8')).toBe(linesOf(a));
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(dead);
});

it('is released at once where nothing can be waited for', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  const releases: (() => void)[] = [];
  const onLocked = (release: () => void) => void releases.push(release);
  const journal = await openJournal(path, { ...thisRun, onLocked });
  expect(releases).toHaveLength(1);
  releases[0]?.();
  expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  await journal.close();
});

it('leaves the lock that another run took in between', async () => {
  const path = temporaryFile('captions.jsonl', '');
  const journal = await openJournal(path, thisRun);
  writeFileSync(`${path}.lock`, dead);
  await journal.close();
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(dead);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
