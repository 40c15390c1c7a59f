import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  createLimiter,
  type LimiterOptions,
  type LimiterState,
  type Report,
} from '../../src/engine/limiter.ts';
import { createAlarm } from '../../src/engine/pace.ts';
import { AbortedError } from '../../src/errors.ts';
import { sleep } from '../../src/http/retry.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { eachRow } from '../helpers/rows.ts';
import { createFakeClock } from './fake-clock.ts';

describe('places', () => {
  it('are as many as allowed, and given in the order of asking', async () => {
    const { limiter, clock, starts, ask } = createScene({ concurrency: 3 });
    for (let id = 0; id < 7; id += 1) ask(id, 100);
    expect(limiter.state).toEqual({ active: 3, limit: 3, pausedUntilMs: undefined });
    await clock.runTo();
    expect(starts).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 100],
      [4, 100],
      [5, 100],
      [6, 200],
    ]);
    expect(limiter.state.active).toBe(0);
  });

  it('are freed by a request that rejects and by one that throws', async () => {
    const { limiter, clock, ask } = createScene({ concurrency: 1 });
    const rejected = limiter.run(() => Promise.reject(new Error('rejected')), undefined);
    const thrown = limiter.run(() => {
      throw new Error('thrown');
    }, undefined);
    const last = ask(0, 5);
    await expect(rejected).rejects.toThrow('rejected');
    await expect(thrown).rejects.toThrow('thrown');
    await clock.runTo();
    expect(await last).toBe('done');
    expect(limiter.state.active).toBe(0);
  });

  it('are freed by ten thousand that throw at once', async () => {
    const { limiter } = createScene({ concurrency: 1 });
    const fail = () => {
      throw new Error('thrown');
    };
    const all = await Promise.allSettled(Array.from({ length: 10_000 }, () => limiter.run(fail, undefined)));
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(limiter.state.active).toBe(0);
  });

  it('are free again when the answer arrives', async () => {
    const { limiter } = createScene({ concurrency: 1 });
    expect(await limiter.run(async () => 'answer', undefined)).toBe('answer');
    expect(limiter.state.active).toBe(0);
  });

  it('are told of as they are taken and freed', async () => {
    const told: LimiterState[] = [];
    const { limiter, clock, ask, reportOf } = createScene({
      concurrency: 2,
      onChange: (state) => told.push(state),
    });
    ask(0, 10);
    ask(1, 20);
    reportOf(0).limited(500);
    await clock.runTo();
    expect(told).toEqual([
      { active: 1, limit: 2, pausedUntilMs: undefined },
      { active: 2, limit: 2, pausedUntilMs: undefined },
      { active: 2, limit: 2, pausedUntilMs: 500 },
      { active: 1, limit: 2, pausedUntilMs: 500 },
      { active: 0, limit: 2, pausedUntilMs: 500 },
    ]);
    await clock.runTo(500);
    expect(limiter.state.pausedUntilMs).toBeUndefined();
  });
});

describe('a cap per minute', () => {
  it('spaces starts evenly, from the first on', async () => {
    const { clock, starts, ask } = createScene({ concurrency: 10, requestsPerMinute: 60 });
    for (let id = 0; id < 4; id += 1) ask(id, 1);
    await clock.runTo();
    expect(starts).toEqual([
      [0, 0],
      [1, 1000],
      [2, 2000],
      [3, 3000],
    ]);
  });

  it('is no allowance that is saved up', async () => {
    const { clock, starts, ask } = createScene({ concurrency: 10, requestsPerMinute: 60 });
    ask(0, 1);
    await clock.runTo(60_000);
    for (let id = 1; id < 4; id += 1) ask(id, 1);
    await clock.runTo();
    expect(starts.slice(1)).toEqual([
      [1, 60_000],
      [2, 61_000],
      [3, 62_000],
    ]);
  });

  it('of any number holds in each minute', () =>
    eachRow([7, 13, 0.5, 1000, 90_000], async (requestsPerMinute) => {
      const { clock, starts, ask } = createScene({ concurrency: 50, requestsPerMinute });
      for (let id = 0; id < 50; id += 1) ask(id, 1);
      await clock.runTo();
      expect(starts).toHaveLength(50);
      for (const [, from] of starts) {
        const inMinute = starts.filter(([, at]) => at >= from && at < from + 60_000);
        expect(inMinute.length).toBeLessThanOrEqual(Math.ceil(requestsPerMinute));
      }
    }));

  it('does not count those who left the queue', async () => {
    const { clock, starts, ask } = createScene({ concurrency: 10, requestsPerMinute: 60 });
    const leaver = new AbortController();
    ask(0, 1);
    const left = ask(1, 1, leaver.signal);
    ask(2, 1);
    leaver.abort();
    await expect(left).rejects.toThrow(AbortedError);
    await clock.runTo();
    expect(starts).toEqual([
      [0, 0],
      [2, 1000],
    ]);
  });
});

describe('a refusal', () => {
  it('keeps everybody from starting until its time, and then no more start than may', async () => {
    const { limiter, clock, starts, ask, reportOf } = createScene({ concurrency: 2 });
    for (let id = 0; id < 6; id += 1) ask(id, 10);
    reportOf(0).limited(1000);
    await clock.runTo();
    expect(starts.slice(2)).toEqual([
      [2, 1000],
      [3, 1000],
      [4, 1010],
      [5, 1010],
    ]);
    expect(limiter.state.limit).toBe(2);
  });

  it('puts the time off and never forward, also for those who wait already', async () => {
    const { limiter, clock, starts, ask, reportOf } = createScene({ concurrency: 2 });
    for (let id = 0; id < 3; id += 1) ask(id, 10);
    reportOf(0).limited(1000);
    await clock.runTo(500);
    for (const untilMs of [3000, 2000, 0, -1, Number.NaN, undefined]) reportOf(1).limited(untilMs);
    expect(limiter.state.pausedUntilMs).toBe(3000);
    await clock.runTo();
    expect(starts[2]).toEqual([2, 3000]);
  });

  it('pauses nobody without a time, or with one that is over', async () => {
    const { clock, starts, ask, reportOf } = createScene({ concurrency: 1 });
    ask(0, 10);
    ask(1, 10);
    reportOf(0).limited(undefined);
    reportOf(0).limited(10);
    await clock.runTo();
    expect(starts).toEqual([
      [0, 0],
      [1, 10],
    ]);
  });

  it('pauses for longer than timers can, without haste', async () => {
    const { clock, starts, ask, reportOf } = createScene({ concurrency: 1 });
    ask(0, 10);
    ask(1, 10);
    reportOf(0).limited(2 ** 33);
    await clock.tick();
    expect(starts).toHaveLength(1);
    await clock.tick();
    expect([starts.length, clock.now()]).toEqual([1, 10 + 2 ** 31 - 1]);
    await clock.runTo();
    expect(starts[1]).toEqual([1, 2 ** 33]);
  });

  it('halves the limit when it repeats, down to one, once for all that were in flight', async () => {
    const { limiter, ask, reportOf, clock } = createScene({ concurrency: 9 });
    const limits = [];
    for (let round = 0; round < 6; round += 1) {
      for (let id = 0; id < 9; id += 1) ask(round * 9 + id, 10);
      const { active } = limiter.state;
      for (let id = 0; id < active; id += 1) reportOf(round * 9 + id).limited(undefined);
      limits.push(limiter.state.limit);
      await clock.runTo();
    }
    expect(limits).toEqual([9, 4, 2, 1, 1, 1]);
  });

  it('lets those in flight end where they are more than may start', async () => {
    const { limiter, ask, reportOf, clock, starts } = createScene({ concurrency: 4 });
    ask(0, 1);
    reportOf(0).limited(undefined);
    await clock.runTo();
    for (let id = 1; id < 6; id += 1) ask(id, id * 10);
    reportOf(1).limited(undefined);
    expect(limiter.state).toMatchObject({ active: 4, limit: 2 });
    await clock.runTo();
    expect(starts.at(-1)).toEqual([5, 31]);
  });

  it('is no repetition after ten answers to requests that started since', async () => {
    const { limiter, answer, refuse } = createScene({ concurrency: 8 });
    await refuse();
    await answer(10);
    await refuse();
    expect(limiter.state.limit).toBe(8);
    await answer(9);
    await refuse();
    expect(limiter.state.limit).toBe(4);
  });

  it('is not made good by answers to requests from before it', async () => {
    const { limiter, ask, reportOf, refuse } = createScene({ concurrency: 30 });
    for (let id = 0; id < 20; id += 1) ask(id, 10);
    reportOf(0).limited(undefined);
    for (let id = 1; id < 20; id += 1) reportOf(id).succeeded();
    await refuse();
    expect(limiter.state.limit).toBe(15);
  });

  it('may be told after the request ended', async () => {
    const { limiter, clock, ask, reportOf, starts } = createScene({ concurrency: 2 });
    ask(0, 10);
    await clock.runTo();
    reportOf(0).limited(500);
    ask(1, 10);
    await clock.runTo();
    expect(starts[1]).toEqual([1, 500]);
    reportOf(0).limited(undefined);
    expect(limiter.state.limit).toBe(2);
    reportOf(1).limited(undefined);
    expect(limiter.state.limit).toBe(1);
  });
});

describe('answers', () => {
  it('let one more run after each ten, up to what was allowed', async () => {
    const { limiter, answer, refuse } = createScene({ concurrency: 4 });
    for (let times = 0; times < 3; times += 1) await refuse();
    const limits = [];
    for (let tens = 0; tens < 5; tens += 1) {
      await answer(9);
      limits.push(limiter.state.limit);
      await answer(1);
      limits.push(limiter.state.limit);
    }
    expect(limits).toEqual([1, 2, 2, 3, 3, 4, 4, 4, 4, 4]);
  });

  it('before a refusal do not count towards the ten', async () => {
    const { limiter, answer, refuse } = createScene({ concurrency: 8 });
    await refuse();
    await answer(9);
    await refuse();
    await answer(9);
    expect(limiter.state.limit).toBe(4);
    await answer(1);
    expect(limiter.state.limit).toBe(5);
  });

  it('give a new place to who waits for it', async () => {
    const { limiter, answer, refuse, ask, reportOf } = createScene({ concurrency: 2 });
    await refuse();
    await refuse();
    await answer(9);
    ask(0, 10);
    ask(1, 10);
    expect(limiter.state).toMatchObject({ active: 1, limit: 1 });
    reportOf(0).succeeded();
    expect(limiter.state).toMatchObject({ active: 2, limit: 2 });
  });
});

describe('an abort', () => {
  it('before the start makes no request', async () => {
    const { limiter, clock, starts, ask } = createScene({ concurrency: 1 });
    const gone = ask(0, 10, AbortSignal.abort('reason'));
    await expect(gone).rejects.toMatchObject({ kind: 'aborted', cause: 'reason' });
    await limiter.run(async (report) => report.limited(1000), undefined);
    await expect(ask(1, 10, AbortSignal.abort('in a pause'))).rejects.toMatchObject({ cause: 'in a pause' });
    expect(starts).toEqual([]);
    expect([limiter.state.active, clock.sleepers]).toEqual([0, 0]);
  });

  it('while waiting gives the turn to the next, and lets go of the timer when there is none', async () => {
    const { clock, starts, ask, reportOf } = createScene({ concurrency: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    ask(0, 10);
    reportOf(0).limited(1000);
    await clock.runTo(10);
    const waiting = [ask(1, 10, first.signal), ask(2, 10, second.signal)];
    expect(clock.sleepers).toBe(1);
    first.abort();
    expect(clock.sleepers).toBe(1);
    second.abort();
    expect(clock.sleepers).toBe(0);
    for (const left of waiting) await expect(left).rejects.toThrow(AbortedError);
    ask(3, 10);
    await clock.runTo();
    expect(starts).toEqual([
      [0, 0],
      [3, 1000],
    ]);
  });

  it('of all who wait starts none of them, even when their time has come and the timer has not', async () => {
    let nowMs = 0;
    const never = () => new Promise<void>(() => undefined);
    const limiter = createLimiter({ concurrency: 4, now: () => nowMs, sleep: never });
    await limiter.run(async (report) => report.limited(100), undefined);
    const all = new AbortController();
    let started = 0;
    const waiting = Array.from({ length: 20 }, () => limiter.run(async () => (started += 1), all.signal));
    nowMs = 200;
    all.abort();
    const settled = await Promise.allSettled(waiting);
    expect(settled.map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
    expect([started, limiter.state.active]).toEqual([0, 0]);
  });

  it('that makes room in the middle starts nobody either', async () => {
    const { limiter, clock, starts, ask, answer, refuse, reportOf } = createScene({ concurrency: 2 });
    await refuse();
    await refuse();
    await answer(9);
    ask(0, 10);
    const all = new AbortController();
    all.signal.addEventListener('abort', () => reportOf(0).succeeded());
    const waiting = ask(1, 10, all.signal);
    all.abort();
    expect(limiter.state).toMatchObject({ active: 1, limit: 2 });
    await expect(waiting).rejects.toThrow(AbortedError);
    await clock.runTo();
    expect(starts).toEqual([[0, 0]]);
  });

  it('is listened for once for all who wait on one signal, and by nobody when none waits', async () => {
    const { clock, ask } = createScene({ concurrency: 2 });
    const { signal } = new AbortController();
    const all = Array.from({ length: 30 }, (_, id) => ask(id, 10, signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await clock.runTo(135);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await clock.runTo();
    await Promise.all(all);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('during the request is the request’s matter, and its place is freed when it ends', async () => {
    const { limiter, clock, ask } = createScene({ concurrency: 1 });
    const stopped = new AbortController();
    const running = ask(0, 10, stopped.signal);
    stopped.abort();
    expect(limiter.state.active).toBe(1);
    await clock.runTo();
    expect(await running).toBe('done');
    expect(limiter.state.active).toBe(0);
  });
});

it('works by a real clock, and leaves no timer', async () => {
  vi.useFakeTimers();
  try {
    const startMs = Date.now();
    const limiter = createLimiter({ concurrency: 2, requestsPerMinute: 7, now: Date.now, sleep });
    const starts: number[] = [];
    const ask = (signal?: AbortSignal) =>
      limiter.run(async (report) => {
        starts.push(Date.now() - startMs);
        if (starts.length === 2) report.limited(Date.now() + 60_000);
        await sleep(20_000, undefined);
      }, signal);
    const all = Promise.all([ask(), ask(), ask(), ask()]);
    await vi.advanceTimersByTimeAsync(200_000);
    await all;
    await limiter.run(async (report) => report.limited(Date.now() + 1e6), undefined);
    const stop = new AbortController();
    const waiting = ask(stop.signal);
    expect(vi.getTimerCount()).toBe(1);
    stop.abort();
    await expect(waiting).rejects.toThrow(AbortedError);
    expect(vi.getTimerCount()).toBe(0);
    expect(starts).toEqual([0, 8572, 68_572, 77_144]);
  } finally {
    vi.useRealTimers();
  }
});

it('lets no alarm that was stopped ring in the place of the next', async () => {
  const timers: (() => void)[] = [];
  let rings = 0;
  const alarm = createAlarm(
    () => new Promise((resolve) => timers.push(resolve)),
    () => {
      rings += 1;
    },
  );
  alarm.set(10);
  timers[0]?.();
  alarm.stop();
  alarm.set(20);
  await setImmediate();
  expect(rings).toBe(0);
  timers[1]?.();
  await setImmediate();
  expect(rings).toBe(1);
});

describe('two hundred batches by dice', () => {
  it('keep every rule at each step', async () => {
    for (let seed = 1; seed <= 200; seed += 1) await playBatch(createDice(seed), `seed ${seed}`);
  });
});

type Fate = 'waiting' | 'running' | 'ended' | 'left';

/** Requests come, take their time, are refused or answered, and leave, at random; holds what is seen against the rules. */
async function playBatch(dice: Dice, name: string): Promise<void> {
  const clock = createFakeClock();
  const concurrency = 1 + dice.below(8);
  const requestsPerMinute = dice.pick([undefined, undefined, 40, 7, 600]);
  const gapMs = requestsPerMinute === undefined ? 0 : 60_000 / requestsPerMinute;
  const limiter = createLimiter({ concurrency, requestsPerMinute, now: clock.now, sleep: clock.sleep });
  const refusals = dice.pick([0, 0.1, 0.5]);
  const fates: Fate[] = [];
  const starts: number[] = [];
  let pausedUntilMs = 0;
  let running = 0;
  // Written down, as what is thrown in a request is a failed request.
  const broken: string[] = [];
  const rule = (rule: string, holds: boolean) => {
    if (!holds) broken.push(`${name}: ${rule}`);
  };

  const request = async (id: number, report: Report): Promise<void> => {
    running += 1;
    rule('at most so many at once', running <= limiter.state.limit);
    rule('nobody starts in a pause', clock.now() >= pausedUntilMs);
    rule('starts are spaced', clock.now() >= (starts.at(-1) ?? Number.NEGATIVE_INFINITY) + gapMs);
    rule('first come, first served', fates.indexOf('waiting') === id);
    fates[id] = 'running';
    starts.push(clock.now());
    try {
      await clock.sleep(dice.below(2000));
      const isRefused = dice.random() < refusals;
      if (isRefused) {
        const untilMs = dice.pick([undefined, clock.now() + dice.below(5000), clock.now() - 100]);
        pausedUntilMs = Math.max(pausedUntilMs, untilMs ?? 0);
        report.limited(untilMs);
        throw new Error('429');
      }
      if (dice.below(10) > 0) report.succeeded();
    } finally {
      running -= 1;
      fates[id] = 'ended';
    }
  };

  const come = async (id: number): Promise<void> => {
    const patience = new AbortController();
    const leaves = dice.below(5) === 0;
    fates[id] = 'waiting';
    const done = limiter.run((report) => request(id, report), leaves ? patience.signal : undefined);
    if (leaves) void clock.sleep(dice.below(8000)).then(() => leave(id, patience));
    const error = await done.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    rule('who leaves is told so', error instanceof AbortedError === (fates.at(id) === 'left'));
  };

  const leave = (id: number, patience: AbortController): void => {
    if (fates[id] === 'waiting') fates[id] = 'left';
    patience.abort();
  };

  const all: Promise<void>[] = [];
  const count = 5 + dice.below(40);
  const visitors = async () => {
    for (let id = 0; id < count; id += 1) {
      all.push(come(id));
      if (dice.below(3) === 0) await clock.sleep(dice.below(3000));
    }
  };
  const arrival = visitors();
  let isOn = true;
  while (isOn) {
    isOn = await clock.tick();
    const { active, limit } = limiter.state;
    rule('those who run are counted', active === running);
    rule('the limit has limits', limit >= 1 && limit <= concurrency);
    // Timers count whole milliseconds, so one may be late by as much.
    const mayStart = clock.now() > 1 + Math.max(pausedUntilMs, (starts.at(-1) ?? 0) + gapMs);
    const isIdle = fates.includes('waiting') && running < limit && mayStart;
    rule('nobody waits for nothing', !isIdle);
  }
  await Promise.all([arrival, ...all]);
  expect(broken).toEqual([]);
  expect(
    fates.filter((fate) => fate !== 'ended' && fate !== 'left'),
    name,
  ).toEqual([]);
  expect([limiter.state.active, clock.sleepers], name).toEqual([0, 0]);

  for (let answers = 0; answers < concurrency * 10; answers += 1) {
    const answered = limiter.run(async (report) => report.succeeded(), undefined);
    await clock.runTo();
    await answered;
  }
  expect(limiter.state.limit, name).toBe(concurrency);
}

/** A limiter with a clock of its own, requests that are known by a number, and a record of when each started. */
function createScene(options: Pick<LimiterOptions, 'concurrency' | 'requestsPerMinute' | 'onChange'>) {
  const clock = createFakeClock();
  const limiter = createLimiter({ ...options, now: clock.now, sleep: clock.sleep });
  const starts: [id: number, atMs: number][] = [];
  const reports = new Map<number, Report>();

  const ask = (id: number, durationMs: number, signal?: AbortSignal) =>
    limiter.run(async (report) => {
      starts.push([id, clock.now()]);
      reports.set(id, report);
      await clock.sleep(durationMs);
      return 'done';
    }, signal);

  return {
    clock,
    limiter,
    starts,
    ask,
    reportOf(id: number): Report {
      const report = reports.get(id);
      if (report === undefined) throw new Error(`${id} has not started`);
      return report;
    },
    /** One request after the other, each answered at once. */
    async answer(times: number) {
      for (let time = 0; time < times; time += 1)
        await limiter.run(async (report) => report.succeeded(), undefined);
    },
    async refuse() {
      await limiter.run(async (report) => report.limited(undefined), undefined);
    },
  };
}
