import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import type { Output } from '../../src/cli/io.ts';
import { createNotices } from '../../src/cli/notices.ts';
import { startBatchProgress } from '../../src/cli/show-progress.ts';
import type { Screen } from '../../src/cli/spinner.ts';
import type { BatchTally } from '../../src/report/batch-progress.ts';
import { eachRow } from '../helpers/rows.ts';
import { middle, nothing, startedMs } from '../helpers/tally.ts';
import { createTerminal } from '../helpers/terminal.ts';

it('redraws one line, and leaves no trace', async () => {
  const terminal = createTerminal(100);
  const batch = watch(terminalIo(terminal));
  await shown(terminal, '0 of 1,000');
  expect(await terminal.screen()).toMatch(/^\S 0 of 1,000$/);
  batch.advance(76, middle);
  expect(await terminal.screen()).toMatch(
    /^\S 312 of 1,000, 3 failed, 12 retries, 4\.1 images\/s, 2 min 48 s left, 482,113 tokens$/,
  );
  batch.advance(77, { ...middle, pausedUntilMs: startedMs + 309_000 });
  expect(await terminal.screen()).toMatch(
    /^\S 312 of 1,000, 3 failed, 12 retries, paused until 14:05:09 \(rate limit\), 482,113 tokens$/,
  );
  batch.stop();
  batch.stop();
  expect(batch.isTicking()).toBe(false);
  expect(await terminal.screen()).toBe('');
  // Neither is the cursor hidden nor a colour used.
  expect(terminal.output()).not.toMatch(/\[\?25l|\[[\d;]*m/);
});

it('never wraps, however few columns there are', () =>
  eachRow([20, 40, 80], async (columns) => {
    const terminal = createTerminal(columns);
    const batch = watch(terminalIo(terminal), { ...nothing, total: undefined, found: 0 });
    await shown(terminal, columns > 20 ? 'looking for images' : '\u001b[?2026l');
    for (let width = 1; width <= 40; width += 1) {
      const answered = 3 ** width;
      batch.advance(width * 100, { ...middle, total: answered * 2, found: answered * 2, answered });
      const screen = await terminal.screen();
      expect(screen.split('\n')).toHaveLength(1);
      // Each line is drawn in the place of the one before: it begins at the top, and no part of another is left.
      expect(screen).toMatch(/^\S(?: \d[\d,]*(?: of \d.*)?)?$/);
    }
    batch.stop();
    expect(await terminal.screen()).toBe('');
  }));

it('keeps to the width that the terminal has now', async () => {
  const terminal = createTerminal(100);
  const batch = watch(terminalIo(terminal), middle);
  await shown(terminal, '312 of 1,000');
  terminal.stream.columns = 20;
  batch.advance(76, middle);
  expect(await terminal.screen()).toMatch(/^\S 312 of 1,000$/);
  batch.stop();
});

it('steps aside for what else is said, which stays', async () => {
  const terminal = createTerminal(70);
  const io = terminalIo(terminal);
  const notices = createNotices(io.stderr, () => false);
  const batch = watch(io, middle);
  await shown(terminal, '312 of 1,000');
  notices.warning('photos/a.txt: not an image, left out');
  notices.note('photos/b.jpg: attempt 1 of 4 failed: the service is overloaded');
  await notices.written();
  batch.advance(76, { ...middle, answered: 310 });
  // The second one is longer than a line of this terminal.
  const said = [
    'describe-image: warning: photos/a.txt: not an image, left out',
    'describe-image: photos/b.jpg: attempt 1 of 4 failed: the service is ov',
    'erloaded',
  ].join('\n');
  const screen = await terminal.screen();
  expect(screen.slice(0, said.length)).toBe(said);
  expect(screen.slice(said.length)).toMatch(
    /^\n\S 313 of 1,000, 3 failed, 12 retries, 4\.1 images\/s, 2 min 47 s left$/,
  );
  batch.stop();
  expect(await terminal.screen()).toBe(said);
});

it('draws nothing once it was stopped before it began', async () => {
  const [terminal, reference] = [createTerminal(), createTerminal()];
  watch(terminalIo(terminal)).stop();
  const later = watch(terminalIo(reference));
  await shown(reference, '0 of 1,000');
  later.stop();
  expect(terminal.output()).toBe('');
});

it('writes a line every 10 seconds in which something happened', () =>
  eachRow<[string, typeof logIo]>(
    [
      ['in a log', logIo],
      ['in CI', () => plainTerminal({ CI: 'true' })],
      ['at a dumb terminal', () => plainTerminal({ TERM: 'dumb' })],
      ['at a terminal without a width', () => plainTerminal({}, 0)],
    ],
    async ([_, create]) => {
      const { io, written, settled } = create();
      const batch = watch(io);
      expect(batch.intervalMs()).toBe(10_000);
      batch.advance(10, nothing);
      await settled();
      expect(written()).toBe('');
      const pausedUntilMs = startedMs + 309_000;
      const steps: readonly (readonly [seconds: number, tally: BatchTally])[] = [
        [20, { ...nothing, answered: 1 }],
        [30, { ...nothing, answered: 1 }],
        [76, middle],
        [86, { ...middle, pausedUntilMs }],
        [96, { ...middle, pausedUntilMs }],
      ];
      for (const [seconds, tally] of steps) {
        batch.advance(seconds, tally);
        await settled();
      }
      batch.stop();
      expect(batch.isTicking()).toBe(false);
      expect(written()).toBe(
        [
          'describe-image: 1 of 1,000, 3.0 images/min, 5 h 33 min left',
          'describe-image: 312 of 1,000, 3 failed, 12 retries, 4.1 images/s, 2 min 48 s left, 482,113 tokens',
          'describe-image: 312 of 1,000, 3 failed, 12 retries, paused until 14:05:09 (rate limit), 482,113 tokens',
          '',
        ].join('\n'),
      );
    },
  ));

it.each<[string, typeof logIo]>([
  ['a terminal', () => plainTerminal({})],
  ['a log', logIo],
])('says nothing at %s when quiet', async (_, create) => {
  const { io, written } = create();
  const reference = createTerminal();
  const batch = watch(io, nothing, true);
  // Once a line that was started later is drawn, this one would have been drawn too.
  const later = watch(terminalIo(reference));
  await shown(reference, '0 of 1,000');
  later.stop();
  expect(batch.isTicking()).toBe(false);
  batch.stop();
  expect(written()).toBe('');
});

it('waits for a reader that has stopped reading', async () => {
  const writes: string[] = [];
  let read: () => void = () => expect.unreachable();
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writes.push(chunk.toString());
      read = done;
    },
  });
  const batch = watch(ioWith(stream, false));
  for (let answered = 1; answered <= 5; answered += 1) batch.advance(answered * 10, { ...nothing, answered });
  read();
  await settled();
  batch.advance(60, { ...nothing, answered: 6 });
  expect(writes.map((line) => line.split(',')[0])).toEqual([
    'describe-image: 1 of 1',
    'describe-image: 6 of 1',
  ]);
});

it('goes on when standard error is full', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC')) });
  stream.on('error', () => undefined);
  const batch = watch(ioWith(stream, false));
  batch.advance(10, middle);
  await settled();
  batch.advance(20, { ...middle, answered: 400 });
  await settled();
  batch.stop();
  expect(batch.isTicking()).toBe(false);
});

it('does not keep the program from ending', async () => {
  const { io } = logIo();
  const before = timers();
  const { stop } = startBatchProgress({ tally: () => nothing, io, isQuiet: false });
  expect(timers()).toBe(before);
  stop();
});

/** Timers that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** Starts the display with a clock and a ticker that move when they are told to. */
function watch(io: Screen, first: BatchTally = nothing, isQuiet = false) {
  let [tally, nowMs] = [first, startedMs];
  let ticking: { readonly intervalMs: number; readonly tick: () => void } | undefined;
  const { stop } = startBatchProgress({
    ...{ io, isQuiet, tally: () => tally, now: () => nowMs },
    every: (intervalMs, tick) => {
      ticking = { intervalMs, tick };
      return () => {
        ticking = undefined;
      };
    },
  });
  return {
    stop,
    isTicking: () => ticking !== undefined,
    intervalMs: () => ticking?.intervalMs,
    advance: (seconds: number, next: BatchTally) => {
      [tally, nowMs] = [next, startedMs + seconds * 1000];
      if (ticking === undefined) throw new Error('nothing ticks');
      ticking.tick();
    },
  };
}

function terminalIo(terminal: ReturnType<typeof createTerminal>, environment = {}): Screen {
  return ioWith(terminal.stream, true, environment);
}

function plainTerminal(environment: Record<string, string>, columns = 80) {
  const terminal = createTerminal(columns);
  // The terminal takes a while to show what was written, and only then is it written.
  return {
    io: terminalIo(terminal, environment),
    written: terminal.output,
    settled: () => terminal.screen().then(settled),
  };
}

function logIo() {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { io: ioWith(stream, false), written: () => text, settled };
}

function ioWith(stream: Writable, isTerminal: boolean, environment: Record<string, string> = {}): Screen {
  const stderr: Output = {
    ...{ isTerminal, columns: 80, stream, isGone: () => false },
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      }),
  };
  return { stderr, environment };
}

/** Waits until what was just written has been settled. */
async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

async function shown(terminal: ReturnType<typeof createTerminal>, text: string): Promise<void> {
  while (!terminal.output().includes(text)) await settled();
}
