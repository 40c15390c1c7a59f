import { createHook } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/store/journal.ts';
import { type JournalRecord, unfinishedLine } from '../../src/store/journal-lines.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { answerOf, keyOf, linesOf, thisRun } from '../helpers/journal.ts';
import { asOrdinaryUser } from '../helpers/user.ts';

const [a, b, c] = [answerOf('photos/ä.jpg'), answerOf('photos/b\n🌅.jpg'), answerOf('c.png')];
const failed = { key: keyOf('f'), image: 'f.jpg', error: { kind: 'api', message: 'the model is busy' } };

describe('a journal', () => {
  it('is created, holds one line for each image, and is read again', async () => {
    const path = join(temporaryFolder(), 'captions.jsonl');
    const first = await openJournal(path, thisRun);
    for (const record of [a, failed, b]) await first.append(record);
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a, failed, b));
    await first.close();

    const second = await openJournal(path, thisRun);
    for (const journal of [first, second]) {
      expect(answeredIn(journal, a, failed, b, c)).toEqual([a, b]);
      expect(journal.has(a.key, b.image)).toBe(false);
      expect(journal.look(b.key)).toEqual({ isCutOff: false });
      expect(journal.look(failed.key)).toBeUndefined();
    }
    expect(await second.find(b.key)).toEqual(b);
    expect(await second.find(failed.key)).toBeUndefined();
    await second.append(c);
    expect(await second.find(c.key)).toEqual(c);
    await second.close();
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a, failed, b, c));
    expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  });

  it('writes key and image first', async () => {
    const path = temporaryFile('captions.jsonl', '');
    await withJournal(path, (journal) => journal.append({ text: 'x', image: 'a.jpg', key: keyOf(1) }));
    expect(readFileSync(path, 'utf8')).toBe(linesOf({ key: keyOf(1), image: 'a.jpg', text: 'x' }));
  });

  it('counts an image once for each key, however often it was tried', async () => {
    const later = { ...failed, error: undefined, text: 'a fox' };
    const otherName = { ...a, image: 'copy.jpg', text: 'the copy' };
    const otherPrompt = { ...a, key: keyOf('other prompt') };
    const path = temporaryFile(
      'captions.jsonl',
      linesOf(failed, a, later, a, failed, otherPrompt, otherName),
    );
    await withJournal(path, async (journal) => {
      expect(answeredIn(journal, failed, a, otherPrompt, otherName)).toHaveLength(4);
      expect(await journal.find(failed.key)).toEqual({ key: failed.key, image: 'f.jpg', text: 'a fox' });
      expect(await journal.find(a.key)).toEqual(otherName);
      expect(journal.has(a.key, 'copy.jpg')).toBe(true);
      expect(journal.has(otherPrompt.key, 'copy.jpg')).toBe(false);
    });
  });

  it('tells by the latest answer of an image whether it was cut off', async () => {
    const cut = { ...a, finishReason: 'max_tokens' };
    const path = temporaryFile('captions.jsonl', linesOf(cut));
    await withJournal(path, async (journal) => {
      const seen = [journal.look(a.key)];
      for (const record of [a, { ...a, ...failed, key: a.key }, cut]) {
        await journal.append(record);
        seen.push(journal.look(a.key));
      }
      expect(seen.map((known) => known?.isCutOff)).toEqual([true, false, false, true]);
    });
  });

  it('takes what another program made of its lines', async () => {
    const text = `{ "text": "x", "image": "a.jpg", "key": "${keyOf(1)}", "error": null }\r\n`;
    const path = temporaryFile('captions.jsonl', text);
    await withJournal(path, async (journal) => expect(journal.has(keyOf(1), 'a.jpg')).toBe(true));
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('reads lines that are longer than what it reads at once', async () => {
    const long = answerOf('long.jpg', 'ä🐁'.repeat(200_000));
    const path = temporaryFile('captions.jsonl', linesOf(a, long, b, long, c));
    await withJournal(path, async (journal) => {
      for (const record of [a, long, b, c]) expect(await journal.find(record.key)).toEqual(record);
    });
  });

  it('has the permissions that its folder’s other files have', async () => {
    const path = join(temporaryFolder(), 'captions.jsonl');
    const other = temporaryFile('other', '');
    await withJournal(path, (journal) => journal.append(a));
    expect(statSync(path).mode).toBe(statSync(other).mode);
  });

  it('keeps every line when asked to start over, and counts only what is added', async () => {
    const path = temporaryFile('captions.jsonl', linesOf(a, b));
    const journal = await openJournal(path, { ...thisRun, overwrite: true });
    expect([answeredIn(journal, a, b), journal.look(a.key), await journal.find(a.key)]).toEqual([
      [],
      undefined,
      undefined,
    ]);
    const again = { ...a, text: 'another answer' };
    await journal.append(again);
    expect(answeredIn(journal, a, b)).toEqual([a]);
    await journal.close();
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a, b, again));
    await withJournal(path, async (later) => {
      expect(answeredIn(later, a, b)).toEqual([a, b]);
      expect(await later.find(a.key)).toEqual(again);
    });
  });

  it('has a failure once, until something else becomes of the image', async () => {
    const busy = failed;
    const blocked = { ...failed, error: { kind: 'no-answer', message: 'blocked' } };
    const path = temporaryFile('captions.jsonl', linesOf(busy));
    await withJournal(path, (journal) => journal.append(busy));
    expect(readFileSync(path, 'utf8')).toBe(linesOf(busy));
    await withJournal(path, async (journal) => {
      for (const record of [blocked, blocked, busy, { ...busy, image: 'g.jpg' }])
        await journal.append(record);
      await journal.append({ ...a, key: failed.key, image: failed.image });
      for (const record of [busy, busy]) await journal.append(record);
      // What was answered once stays answered.
      expect(journal.has(failed.key, failed.image)).toBe(true);
    });
    const kinds = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).error?.kind ?? 'answer');
    expect(kinds).toEqual(['api', 'no-answer', 'api', 'api', 'answer', 'api']);
  });

  it('looks whether there is room for more, and is the same after', async () => {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    await withJournal(path, async (journal) => {
      const waiting = [journal.append(b), journal.checkRoom(), journal.append(c), journal.checkRoom()];
      await Promise.all(waiting);
      expect(readFileSync(path, 'utf8')).toBe(linesOf(a, b, c));
    });
  });

  it('refuses a record that it could not read again, and goes on', async () => {
    const path = temporaryFile('captions.jsonl', '');
    await withJournal(path, async (journal) => {
      await expect(journal.append({ key: 'short', image: 'a.jpg' })).rejects.toThrow(TypeError);
      const huge = journal.append(answerOf('huge.jpg', 'x'.repeat(16 * 1024 * 1024)));
      await expect(huge).rejects.toMatchObject({
        name: 'NoAnswerError',
        message: expect.stringMatching(/^huge\.jpg: .*16 MiB/),
      });
      await journal.append(a);
    });
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a));
  });

  it('waits on closing for what is being written, and takes nothing after', async () => {
    const path = temporaryFile('captions.jsonl', '');
    const journal = await openJournal(path, thisRun);
    const writing = [journal.append(a), journal.append(b)];
    await Promise.all([journal.close(), journal.close()]);
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a, b));
    await Promise.all(writing);
    await expect(journal.append(c)).rejects.toThrow('the journal is closed');
    await expect(journal.find(a.key)).rejects.toThrow('the journal is closed');
  });

  it('writes lines that come together in order, together, and each once', async () => {
    const path = temporaryFile('captions.jsonl', '');
    const journal = await openJournal(path, thisRun);
    const records = Array.from({ length: 2000 }, (_, index) => answerOf(`${index}.jpg`));
    const requests = await countFileRequests(async () => {
      await Promise.all(records.map((record) => journal.append(record)));
    });
    expect(readFileSync(path, 'utf8')).toBe(linesOf(...records));
    expect(answeredIn(journal, ...records)).toHaveLength(2000);
    expect(await journal.find(keyOf('1234.jpg'))).toEqual(records[1234]);
    await journal.close();
    // Two looks at the file, one write and one synchronization for each group.
    expect(requests).toBeGreaterThanOrEqual(4);
    expect(requests).toBeLessThan(30);
  });

  it('has each line on its own when they come one after the other', async () => {
    const path = temporaryFile('captions.jsonl', '');
    const records = Array.from({ length: 20 }, (_, index) => answerOf(`${index}.jpg`));
    await withJournal(path, async (journal) => {
      for (const record of records) {
        await journal.append(record);
        expect(await journal.find(record.key)).toEqual(record);
      }
    });
    await withJournal(path, async (journal) => expect(answeredIn(journal, ...records)).toEqual(records));
  });
});

const notJournals: readonly (readonly [what: string, content: string | Buffer, line: number])[] = [
  ['text', 'milk\neggs\n', 1],
  ['text without a newline', 'milk', 1],
  ['JSON without a newline', '{"a":1}', 1],
  ['a JSON document', '{\n  "name": "package"\n}\n', 1],
  ['other JSON Lines', '{"id":1}\n{"id":2}\n', 1],
  ['a key of another kind', '{"key":"1","image":"a.jpg"}\n', 1],
  ['a key in capitals', linesOf({ ...a, key: a.key.toUpperCase() }), 1],
  ['no image', linesOf({ key: a.key }), 1],
  ['an image that is no text', linesOf({ ...a, image: 1 }), 1],
  ['a list', '[]\n', 1],
  ['null', 'null\n', 1],
  ['an empty line', '\n', 1],
  ['lists in lists', `${'['.repeat(1_000_000)}\n`, 1],
  ['a foreign third line', `${linesOf(a, b)}{"a":1}\n${linesOf(c)}`, 3],
  ['an empty line among others', `${linesOf(a)}\n${linesOf(b)}`, 2],
  ['a foreign last line without a newline', `${linesOf(a)}# checked by hand`, 2],
  ['a line that was cut and written on', `${linesOf(a).slice(0, 90)}${linesOf(b)}`, 1],
  ['a foreign line before an incomplete one', `x\n${linesOf(a).slice(0, 50)}`, 1],
  ['zeros', Buffer.alloc(5000), 1],
  ['zeros in the middle', Buffer.concat([Buffer.from(linesOf(a)), Buffer.alloc(9), Buffer.from('\n')]), 2],
  ['bytes', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 1],
  ['a byte order mark', `\ufeff${linesOf(a)}`, 1],
  ['a line that does not end', Buffer.alloc(17 * 1024 * 1024, '{"key":"'), 1],
  ['an answer without a text', linesOf({ key: a.key, image: 'a.jpg' }), 1],
  ['a text that is none', linesOf(a, { ...b, text: { toString: 1 } }), 2],
  ['a text that is a list', linesOf({ ...a, text: ['a'] }), 1],
  ['a finish reason that is no text', linesOf({ ...a, finishReason: { a: 1 } }), 1],
  ['a failure that is none', linesOf(a, b, { ...failed, error: false }), 3],
  ['a failure that is a list', linesOf({ ...failed, error: ['a'] }), 1],
  ['a record nested 5,000 deep', linesOf(a) + nestedRecord('[', ']', 5000), 2],
  ['a record nested 100,000 deep', linesOf(a, b) + nestedRecord('[', ']', 100_000), 3],
  ['a record of objects nested 100,000 deep', nestedRecord('{"a":', '}', 100_000, '1'), 1],
  ['a line that ends too late', `${linesOf(answerOf('long', 'x'.repeat(16 * 1024 * 1024)))}`, 1],
];

describe('a file that is no journal', () => {
  it('is refused by the number of a line, and left as it is', async () => {
    for (const [what, content, line] of notJournals) {
      const path = temporaryFile('notes.txt', content);
      const before = readFileSync(path);
      const { mtimeMs } = statSync(path);
      for (const overwrite of [false, true]) {
        const opening = openJournal(path, { ...thisRun, overwrite });
        await expect(opening, what).rejects.toMatchObject({
          name: 'UsageError',
          message: expect.stringContaining(`${path} is not a journal of describe-image: line ${line} `),
          hint: expect.stringContaining('delete that line'),
        });
        expect(readFileSync(path).equals(before), what).toBe(true);
        expect(statSync(path).mtimeMs).toBe(mtimeMs);
      }
      expect(readdirSync(dirname(path))).toEqual(['notes.txt']);
    }
  });

  it('is said to be a folder', async () => {
    const folder = temporaryFolder();
    await expectRefusal(folder, `${folder} is a folder, not a file`);
    const missing = join(folder, 'missing/');
    await expectRefusal(missing, `${missing} is a folder, not a file`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('is said to be a device, a pipe or a link to nowhere', async () => {
    const folder = temporaryFolder();
    const [pipe, link, circle] = ['pipe', 'link', 'circle'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('mkfifo', [pipe]);
    symlinkSync('nowhere', link);
    symlinkSync(circle, circle);
    await expectRefusal('/dev/null', '/dev/null is a device, not a file');
    await expectRefusal(pipe, `${pipe} is a pipe, not a file`);
    await expectRefusal(link, `${link} is a symbolic link to a file that does not exist`);
    await expectRefusal(circle, `${circle} cannot be written: too many symbolic links`);
    expect(readdirSync(folder).sort()).toEqual(['circle', 'link', 'pipe']);
  });

  it.skipIf(process.platform === 'win32')('is said to have no folder', async () => {
    const folder = temporaryFolder();
    const file = temporaryFile('a', '');
    const missing = join(folder, 'missing', 'captions.jsonl');
    await expectRefusal(missing, `${missing} cannot be written: its folder does not exist`);
    const below = join(file, 'captions.jsonl');
    await expectRefusal(below, `${below} cannot be written: a part of its path is a file, not a folder`);
    const long = join(folder, 'x'.repeat(254));
    await expectRefusal(long, `${long} cannot be written: the name is too long`);
  });

  it.skipIf(process.platform === 'win32')('is said to be closed to this user', async () => {
    const [path, inFolder] = [temporaryFile('captions.jsonl', linesOf(a)), temporaryFolder()];
    chmodSync(dirname(path), 0o777);
    chmodSync(path, 0o444);
    chmodSync(inFolder, 0o555);
    await asOrdinaryUser(async () => {
      await expectRefusal(path, `${path} cannot be written: permission denied`);
      const within = join(inFolder, 'captions.jsonl');
      await expectRefusal(within, `${within} cannot be written: permission denied`);
    });
    expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  });
});

describe('an incomplete last line', () => {
  const whole = Buffer.from(linesOf(a, failed, b, c));
  const [second, third] = [linesOf(a, failed), linesOf(a, failed, b)].map((text) =>
    Buffer.byteLength(text),
  ) as [number, number];
  // Everywhere near the ends of lines, and here and there within them.
  const cuts = Array.from({ length: whole.length - second + 1 }, (_, index) => second + index).filter(
    (cut) => cut % 5 === 0 || [second, third, whole.length].some((end) => Math.abs(end - cut) < 4),
  );

  it('is cut off wherever it ends, before zeros, too', async () => {
    const path = temporaryFile('captions.jsonl', '');
    for (const cut of cuts) {
      writeFileSync(path, Buffer.concat([whole.subarray(0, cut), Buffer.alloc(cut % 7 === 0 ? 5000 : 0)]));
      // One byte short of a newline, a line is complete.
      const kept = cut >= whole.length - 1 ? whole.length : cut >= third - 1 ? third : second;
      const answered = [a, b, c].slice(0, [second, third, whole.length].indexOf(kept) + 1);
      await withJournal(path, async (journal) => {
        expect(readFileSync(path).equals(whole.subarray(0, kept)), `cut at ${cut}`).toBe(true);
        expect(answeredIn(journal, a, b, c)).toEqual(answered);
        for (const record of answered) expect(await journal.find(record.key)).toEqual(record);
        await journal.append(c);
      });
      expect(readFileSync(path, 'utf8')).toBe(whole.toString('utf8', 0, kept) + linesOf(c));
    }
  });

  it('is cut off where it is the only one', async () => {
    const line = Buffer.from(linesOf(a));
    const path = temporaryFile('captions.jsonl', '');
    for (let cut = 1; cut < line.length; cut++) {
      writeFileSync(path, line.subarray(0, cut));
      await withJournal(path, async () => undefined);
      expect(readFileSync(path, 'utf8')).toBe(cut === line.length - 1 ? linesOf(a) : '');
    }
  });

  it('is all that is cut off when the journal starts over', async () => {
    const path = temporaryFile('captions.jsonl', whole.subarray(0, -5));
    await (await openJournal(path, { ...thisRun, overwrite: true })).close();
    expect(readFileSync(path).equals(whole.subarray(0, third))).toBe(true);
  });

  it('may be what is left of a look for room', async () => {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    appendFileSync(path, unfinishedLine(64 * 1024));
    await withJournal(path, async (journal) => expect(answeredIn(journal, a)).toEqual([a]));
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a));
    writeFileSync(path, unfinishedLine(100));
    await withJournal(path, async () => undefined);
    expect(readFileSync(path, 'utf8')).toBe('');
  });
});

describe('a file that others change during a run', () => {
  it('is not written over', async () => {
    const path = temporaryFile('captions.jsonl', linesOf(a));
    const journal = await openJournal(path, thisRun);
    await journal.append(b);
    appendFileSync(path, 'a note\n');
    const changed = {
      name: 'OutputError',
      message: `${path} was changed by another program while this run wrote to it`,
    };
    await expect(journal.append(c)).rejects.toMatchObject(changed);
    writeFileSync(path, linesOf(a, b));
    await expect(journal.append(c)).rejects.toMatchObject(changed);
    await journal.close();
    expect(readFileSync(path, 'utf8')).toBe(linesOf(a, b));
    expect(readdirSync(dirname(path))).toEqual(['captions.jsonl']);
  });

  it.skipIf(process.platform === 'win32')('is missed when it was replaced, renamed or removed', async () => {
    const changes: ((path: string) => void)[] = [
      (path) => renameSync(temporaryFile('other', linesOf(b)), path),
      // As long as the one before.
      (path) => renameSync(temporaryFile('other', linesOf(a)), path),
      (path) => renameSync(path, `${path}.old`),
      (path) => unlinkSync(path),
      (path) => renameSync(dirname(path), `${dirname(path)}.old`),
    ];
    for (const change of changes) {
      const path = temporaryFile('captions.jsonl', linesOf(a));
      const journal = await openJournal(path, thisRun);
      change(path);
      const there = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
      await expect(journal.append(c)).rejects.toMatchObject({
        name: 'OutputError',
        message: `${path} was removed, renamed or replaced while this run wrote to it`,
      });
      await journal.close();
      expect(existsSync(path) ? readFileSync(path, 'utf8') : undefined).toBe(there);
      rmSync(`${dirname(path)}.old`, { recursive: true, force: true });
    }
  });

  it('does not answer for an image that another line now stands for', async () => {
    const path = temporaryFile('captions.jsonl', linesOf(a, b));
    await withJournal(path, async (journal) => {
      writeFileSync(path, linesOf(c));
      expect(await journal.find(a.key)).toBeUndefined();
      expect(await journal.find(b.key)).toBeUndefined();
    });
  });
});

/** Those of some records that the journal has answers for. */
function answeredIn(journal: Journal, ...records: readonly JournalRecord[]): JournalRecord[] {
  return records.filter(({ key, image }) => journal.has(key, image));
}

/** An answer with something in it that is nested so deep. */
function nestedRecord(open: string, close: string, levels: number, inmost = ''): string {
  const nested = open.repeat(levels) + inmost + close.repeat(levels);
  return `${JSON.stringify(c).slice(0, -1)},"more":${nested}}\n`;
}

type Journal = Awaited<ReturnType<typeof openJournal>>;

async function withJournal(path: string, use: (journal: Journal) => Promise<unknown>): Promise<void> {
  const journal = await openJournal(path, thisRun);
  try {
    await use(journal);
  } finally {
    await journal.close();
  }
}

async function expectRefusal(path: string, message: string): Promise<void> {
  const isThere = existsSync(path);
  for (const overwrite of [false, true]) {
    const opening = openJournal(path, { ...thisRun, overwrite });
    await expect(opening).rejects.toMatchObject({
      name: 'UsageError',
      message,
      hint: expect.stringMatching(/\.$/),
    });
  }
  expect(existsSync(path)).toBe(isThere);
}

/** Counts the requests that some work makes to the file system. */
async function countFileRequests(work: () => Promise<void>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === 'FSREQPROMISE') count += 1;
    },
  }).enable();
  try {
    await work();
  } finally {
    hook.disable();
  }
  return count;
}
