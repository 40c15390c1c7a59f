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
import { expect, it } from 'vitest';
import { openJournal } from '../../src/store/journal.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { answerOf, linesOf, thisRun } from '../helpers/journal.ts';

const a = answerOf('a.jpg');
/** A run of the same machine, and what its lock says. */
const otherRun = { ...thisRun, owner: { pid: 4321, host: 'desk', startedAt: new Date(0) } };
const [mine, dead] = [thisRun, otherRun].map(({ owner }) => `${JSON.stringify(owner)}\n`) as [string, string];

it('locks the journal while it is open, and tells who did', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  const journal = await openJournal(path, thisRun);
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(mine);
  await expect(openJournal(path, { ...otherRun, overwrite: true })).rejects.toMatchObject({
    name: 'UsageError',
    message: `another run (process ${process.pid}) is writing ${path}`,
    hint: `Wait for it, or name another file. If that process is something else, delete ${path}.lock`,
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
  expect(journal.answered).toBe(1);
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
    hint: `When that run is over and this remains, delete ${path}.lock`,
  });
  expect(readdirSync(dirname(path)).sort()).toEqual(['captions.jsonl', 'captions.jsonl.lock']);
});

const damaged = ['', '\0\0\0', '{"p', '{"pid":4321,"host":"de', '{"pid":-1,"host":"desk","startedAt":""}\n'];

it.each(damaged)('takes over a damaged lock that is old, and no fresh one: %j', async (text) => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  writeFileSync(`${path}.lock`, text);
  await expect(openJournal(path, thisRun)).rejects.toMatchObject({
    name: 'UsageError',
    message: `another run is about to write ${path}`,
    hint: 'Try again in ten seconds.',
  });
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(text);
  const minuteAgo = statSync(`${path}.lock`).mtimeMs / 1000 - 60;
  utimesSync(`${path}.lock`, minuteAgo, minuteAgo);
  await (await openJournal(path, thisRun)).close();
  expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
});

it.each(['# packages\n', '[]', `{"pid":${'0'.repeat(5000)}`])(
  'takes over no file of another kind: %.20j',
  async (text) => {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    writeFileSync(`${path}.lock`, text);
    utimesSync(`${path}.lock`, 0, 0);
    await expect(openJournal(path, thisRun)).rejects.toMatchObject({
      name: 'UsageError',
      message: `${path} cannot be locked: ${path}.lock is something else`,
    });
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(text);
  },
);

it('does not take a folder for a lock', async () => {
  const path = temporaryFile('captions.jsonl', linesOf(a));
  mkdirSync(`${path}.lock`);
  await expect(openJournal(path, thisRun)).rejects.toThrow(`${basename(path)}.lock is something else`);
});

it('leaves the lock that another run took meanwhile', async () => {
  const path = temporaryFile('captions.jsonl', '');
  const journal = await openJournal(path, thisRun);
  writeFileSync(`${path}.lock`, dead);
  await journal.close();
  expect(readFileSync(`${path}.lock`, 'utf8')).toBe(dead);
});
