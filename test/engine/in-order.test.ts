import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inOrder } from '../../src/engine/order.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { eachRow } from '../helpers/rows.ts';
import { createFakeClock } from './fake-clock.ts';

const unhandled: unknown[] = [];
const remember = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  process.on('unhandledRejection', remember);
});
afterEach(async () => {
  await setImmediate();
  process.off('unhandledRejection', remember);
  expect(unhandled.splice(0)).toEqual([]);
});

describe('results', () => {
  it('come in the order of the items, whoever is done first', async () => {
    const { clock, work } = createScene((item) => ({ durationMs: 100 - item * 10 }));
    const results = collect(inOrder([0, 1, 2, 3, 4], work, { concurrency: 3, lookAhead: 9 }));
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0', 'r1', 'r2', 'r3', 'r4'], error: undefined });
  });

  it('come one by one as soon as those before are there', async () => {
    const { clock, work } = createScene((item) => ({ durationMs: item === 2 ? 1000 : 10 }));
    const generator = inOrder([0, 1, 2, 3], work, { concurrency: 4, lookAhead: 9 });
    const reads = [generator.next(), generator.next()];
    await clock.runTo(10);
    expect(await Promise.all(reads)).toMatchObject([{ value: 'r0' }, { value: 'r1' }]);
    const left = generator.return();
    await clock.runTo();
    await left;
  });

  it('are none for no items', () =>
    eachRow([[[]], [new Set<number>()], [generate(0)]], async ([items]) => {
      const { work } = createScene();
      expect(await collect(inOrder(items, work, { concurrency: 2, lookAhead: 2 }))).toEqual({
        results: [],
        error: undefined,
      });
    }));

  it('come with any number at once and room for one only', () =>
    eachRow([1, 2, 7], async (concurrency) => {
      const { clock, work, seen } = createScene();
      const results = collect(inOrder(generate(5), work, { concurrency, lookAhead: 1 }));
      await clock.runTo();
      expect((await results).results).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);
      expect(seen.mostActive).toBe(1);
    }));

  it('may be undefined, and items too', async () => {
    const generator = inOrder([undefined, null, 'text'], async (item) => item, {
      concurrency: 2,
      lookAhead: 2,
    });
    expect((await collect(generator)).results).toEqual([undefined, null, 'text']);
    const letters = inOrder('añ🌅', async (letter, index) => letter + index, {
      concurrency: 2,
      lookAhead: 2,
    });
    expect((await collect(letters)).results).toEqual(['a0', 'ñ1', '🌅2']);
  });
});

describe('results that wait', () => {
  it('keep items from being pulled once they weigh too much, and not for good', async () => {
    const { clock, work, seen } = createScene((item) => ({ durationMs: item === 0 ? 1000 : 10 }));
    const options = { concurrency: 2, lookAhead: 99, weigh: () => 5, maxWaiting: 20 };
    const results = collect(inOrder(generate(12), work, options));
    await clock.runTo(900);
    // The first one in work, and four that wait.
    expect(seen.started).toBe(5);
    await clock.runTo();
    expect((await results).results).toHaveLength(12);
  });
});

describe('items', () => {
  it('are not touched before the first result is asked for', async () => {
    const { items, log } = createItems(3);
    const { work } = createScene();
    const generator = inOrder(items, work, { concurrency: 2, lookAhead: 2 });
    await setImmediate();
    expect(log).toEqual([]);
    await generator.return();
    expect(log).toEqual([]);
  });

  it('are worked on while the consumer is busy, up to the bound', async () => {
    const { clock, work, seen } = createScene(() => ({ durationMs: 10 }));
    const generator = inOrder(generate(100), work, { concurrency: 3, lookAhead: 8 });
    const first = generator.next();
    await clock.runTo();
    await first;
    expect(seen.started).toBe(9);
    await generator.next();
    await clock.runTo();
    expect(seen.started).toBe(10);
    await generator.return();
  });

  it('do not pile up behind a slow first one', async () => {
    const { clock, work, seen } = createScene((item) => ({ durationMs: item === 0 ? 1e6 : 1 }));
    const results = collect(inOrder(generate(1000), work, { concurrency: 4, lookAhead: 16 }));
    await clock.runTo(1e6 - 1);
    expect([seen.started, seen.active]).toEqual([16, 1]);
    await clock.runTo();
    expect((await results).results).toHaveLength(1000);
  });

  it('that made room let others begin, once each, up to the bound, and come in their order', async () => {
    const { clock, work, seen } = createScene();
    const results = collect(
      inOrder(
        generate(10),
        async (item, _, makeRoom) => {
          const result = await work(item);
          makeRoom();
          makeRoom();
          await clock.sleep(item === 0 ? 1000 : 0);
          return result;
        },
        { concurrency: 2, lookAhead: 6 },
      ),
    );
    await clock.runTo(999);
    expect(seen).toMatchObject({ started: 6, mostActive: 2 });
    await clock.runTo();
    expect((await results).results).toEqual(Array.from(numbers(10), (item) => `r${item}`));
    expect(seen.mostActive).toBe(2);
  });

  it('that take their time keep no result back', async () => {
    const { clock, work } = createScene(() => ({ durationMs: 10 }));
    async function* slow() {
      yield 0;
      await clock.sleep(1000);
      yield 1;
    }
    const generator = inOrder(slow(), work, { concurrency: 4, lookAhead: 4 });
    const first = generator.next();
    await clock.runTo(10);
    expect(await first).toMatchObject({ value: 'r0' });
    const second = generator.next();
    await clock.runTo();
    expect(await second).toMatchObject({ value: 'r1' });
    expect(await generator.next()).toEqual({ done: true, value: undefined });
  });

  it('that throw are thrown after the results of those in work', async () => {
    const { clock, work } = createScene((item) => ({ durationMs: 50 - item }));
    const { items, log } = createItems(3, { failsAt: 3 });
    const results = collect(inOrder(items, work, { concurrency: 9, lookAhead: 9 }));
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0', 'r1', 'r2'], error: new Error('items 3') });
    expect(log).toEqual(['pull 0', 'pull 1', 'pull 2', 'pull 3']);
  });

  it.each([
    ['have no iterator', {} as Iterable<number>],
    [
      'throw when they are opened',
      {
        [Symbol.iterator]() {
          throw new TypeError('closed');
        },
      } as Iterable<number>,
    ],
  ])('that %s are thrown', async (_, items) => {
    const { work } = createScene();
    const { error } = await collect(inOrder(items, work, { concurrency: 1, lookAhead: 1 }));
    expect(error).toBeInstanceOf(TypeError);
  });

  it('a hundred thousand of them keep the work in hand small', async () => {
    let live = 0;
    let mostLive = 0;
    const work = async (item: number) => {
      live += 1;
      mostLive = Math.max(mostLive, live);
      return item;
    };
    let expected = 0;
    for await (const result of inOrder(numbers(100_000), work, { concurrency: 16, lookAhead: 64 })) {
      live -= 1;
      if (result !== expected) throw new Error(`${result} instead of ${expected}`);
      expected += 1;
    }
    expect(expected).toBe(100_000);
    expect(mostLive).toBeLessThanOrEqual(64);
  });
});

describe('work that fails', () => {
  it('is thrown after the results of all that was begun, and nothing more is begun', async () => {
    const { clock, work, seen } = createScene((item) => ({ durationMs: item * 100, fails: item === 1 }));
    const { items, log } = createItems(100);
    const results = collect(inOrder(items, work, { concurrency: 4, lookAhead: 50 }));
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0', 'r2', 'r3', 'r4'], error: new Error('work 1') });
    expect([seen.started, seen.active, clock.now()]).toEqual([5, 0, 400]);
    expect(log.at(-1)).toBe('return');
  });

  it('earlier in order wins over work that failed earlier in time', async () => {
    const { clock, work } = createScene((item) => ({ durationMs: 100 - item * 10, fails: item > 0 }));
    const results = collect(inOrder(numbers(9), work, { concurrency: 4, lookAhead: 50 }));
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0'], error: new Error('work 1') });
  });

  it('lets nothing more begin, also while one before it goes on', async () => {
    const { clock, work, seen } = createScene((item) => ({
      durationMs: item === 0 ? 1000 : 10,
      fails: item === 1,
    }));
    const results = collect(inOrder(numbers(99), work, { concurrency: 2, lookAhead: 50 }));
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0'], error: new Error('work 1') });
    expect(seen.started).toBe(2);
  });

  it('by throwing at once is no different', async () => {
    const work = (item: number): Promise<number> => {
      if (item === 2) throw new Error('now');
      return Promise.resolve(item);
    };
    expect(await collect(inOrder(numbers(9), work, { concurrency: 4, lookAhead: 50 }))).toEqual({
      results: [0, 1],
      error: new Error('now'),
    });
  });

  it('does not wait for an item that may never come', async () => {
    const { clock, work } = createScene(() => ({ durationMs: 10, fails: true }));
    const { items, log } = createItems(1, { hangsAt: 1 });
    const results = collect(inOrder(items, work, { concurrency: 4, lookAhead: 50 }));
    await clock.runTo();
    expect(await results).toEqual({ results: [], error: new Error('work 0') });
    expect(log).toEqual(['pull 0', 'pull 1', 'return']);
  });
});

describe('a stop', () => {
  it('lets those in work finish and ends normally', async () => {
    const { clock, work, seen } = createScene(() => ({ durationMs: 100 }));
    const { items, log } = createItems(100);
    const stop = new AbortController();
    const results = collect(inOrder(items, work, { concurrency: 3, lookAhead: 9, stop: stop.signal }));
    await clock.runTo(150);
    stop.abort();
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'], error: undefined });
    expect([seen.started, clock.now()]).toEqual([6, 200]);
    expect(log.filter((entry) => entry === 'return')).toHaveLength(1);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  it('raised before the start pulls nothing', async () => {
    const { work } = createScene();
    const { items, log } = createItems(5);
    const options = { concurrency: 3, lookAhead: 9, stop: AbortSignal.abort() };
    expect(await collect(inOrder(items, work, options))).toEqual({ results: [], error: undefined });
    expect(log).toEqual(['return']);
  });

  it('does not wait for an item that may never come, nor start one that comes late', async () => {
    const { clock, work, seen } = createScene(() => ({ durationMs: 100 }));
    const { items, log, release } = createItems(2, { hangsAt: 1 });
    const stop = new AbortController();
    const results = collect(inOrder(items, work, { concurrency: 3, lookAhead: 9, stop: stop.signal }));
    await clock.runTo(50);
    stop.abort();
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0'], error: undefined });
    release();
    await setImmediate();
    expect(seen.started).toBe(1);
    expect(log).toEqual(['pull 0', 'pull 1', 'return']);
  });

  it('ends a wait for a generator that hangs, and does not wait for it to close', async () => {
    const { clock, work } = createScene();
    const stop = new AbortController();
    async function* typed() {
      yield 0;
      await new Promise(() => undefined);
    }
    const results = collect(inOrder(typed(), work, { concurrency: 3, lookAhead: 9, stop: stop.signal }));
    await clock.runTo();
    stop.abort();
    expect(await results).toEqual({ results: ['r0'], error: undefined });
  });

  it('starts no item that comes in the same moment', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const { clock, work, seen } = createScene();
      const { items, release } = createItems(2, { hangsAt: 1 });
      const stop = new AbortController();
      const results = collect(inOrder(items, work, { concurrency: 3, lookAhead: 9, stop: stop.signal }));
      await clock.runTo();
      release();
      for (let step = 0; step < steps; step += 1) await undefined;
      const startedBefore = seen.started;
      stop.abort();
      await clock.runTo();
      expect(seen.started).toBe(startedBefore);
      expect(await results).toEqual({ results: ['r0', 'r1'].slice(0, startedBefore), error: undefined });
    }
  });

  it('is a normal end even where the items cannot be closed', async () => {
    const { clock, work } = createScene();
    const { items, log } = createItems(9, { closingFails: true });
    const stop = new AbortController();
    const results = collect(inOrder(items, work, { concurrency: 1, lookAhead: 1, stop: stop.signal }));
    await clock.tick();
    stop.abort();
    await clock.runTo();
    expect((await results).error).toBeUndefined();
    expect(log.at(-1)).toBe('return');
  });

  it('and a failure in work both hold', async () => {
    const { clock, work } = createScene((item) => ({ durationMs: 100, fails: item === 1 }));
    const stop = new AbortController();
    const results = collect(inOrder(numbers(9), work, { concurrency: 3, lookAhead: 9, stop: stop.signal }));
    await clock.runTo(50);
    stop.abort();
    await clock.runTo();
    expect(await results).toEqual({ results: ['r0', 'r2'], error: new Error('work 1') });
  });

  it('that never comes leaves no listener', async () => {
    const { clock, work } = createScene();
    const { signal } = new AbortController();
    const results = collect(inOrder(numbers(5), work, { concurrency: 3, lookAhead: 9, stop: signal }));
    await clock.runTo();
    await results;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a consumer that leaves', () => {
  it('waits for those in work, drops what they say, and closes the items', async () => {
    const { clock, work, seen } = createScene((item) => ({ durationMs: item * 100, fails: item > 1 }));
    const { items, log } = createItems(100);
    const leaving = (async () => {
      for await (const result of inOrder(items, work, { concurrency: 4, lookAhead: 9 })) {
        if (result === 'r0') break;
      }
      return [seen.started, seen.active, clock.now()];
    })();
    await clock.runTo();
    const [started, active, nowMs] = await leaving;
    expect(started).toBeLessThanOrEqual(5);
    expect([active, nowMs]).toEqual([0, ((started ?? 0) - 1) * 100]);
    expect(log.at(-1)).toBe('return');
  });

  it('throws its own error', async () => {
    const { clock, work } = createScene();
    const { items } = createItems(100, { closingFails: true });
    const leaving = (async () => {
      for await (const _ of inOrder(items, work, { concurrency: 4, lookAhead: 9 }))
        throw new Error('consumer');
    })().catch((error: unknown) => error);
    await clock.runTo();
    expect(await leaving).toEqual(new Error('consumer'));
  });

  it('waits for the items to be closed', async () => {
    const { clock, work } = createScene();
    let isClosed = false;
    async function* open() {
      try {
        yield* numbers(100);
      } finally {
        await clock.sleep(500);
        isClosed = true;
      }
    }
    const generator = inOrder(open(), work, { concurrency: 2, lookAhead: 2 });
    const first = generator.next();
    await clock.tick();
    await first;
    const wasClosed = generator.return().then(() => isClosed);
    await clock.runTo();
    expect(await wasClosed).toBe(true);
  });
});

describe('five hundred runs by dice', () => {
  it('keep every rule at each step', async () => {
    for (let seed = 1; seed <= 500; seed += 1) await playRun(createDice(seed), `seed ${seed}`);
  });
});

/** Items, work, consumer and stop take their time and fail at random; holds what is seen against the rules. */
async function playRun(dice: Dice, name: string): Promise<void> {
  const clock = createFakeClock();
  const count = dice.below(40);
  const concurrency = 1 + dice.below(16);
  const lookAhead = 1 + dice.below(dice.pick([2, 10, 40]));
  const chance = (percent: number) => dice.below(100) < percent;
  const failingItem = chance(20) ? dice.below(count + 1) : undefined;
  const failingWork = new Set(chance(30) ? [dice.below(count + 1), dice.below(count + 1)] : []);
  const leavesAt = chance(15) ? dice.below(count + 1) : undefined;
  const stop = new AbortController();
  const pace = dice.pick([0, 50, 500]);
  let pulled = 0;
  let active = 0;
  let received = 0;
  let isAsking = true;
  let closed = 0;
  let isOver = false;
  const started: number[] = [];

  // Written down, since what is thrown in here may rightly be dropped.
  const broken: string[] = [];
  const rule = (rule: string, holds: boolean) => {
    if (!holds) broken.push(`${name}: ${rule}`);
  };
  const hold = () => {
    rule('at most so many at once', active <= concurrency);
    // A result that is being handed over is no longer held.
    rule('not too far ahead', pulled - received <= lookAhead + (isAsking ? 1 : 0));
    rule('nothing goes on behind the consumer', !isOver);
  };
  let isPulling = false;
  const items: AsyncIterator<number> & AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => items,
    async next() {
      rule('one at a time', !isPulling);
      rule('nothing is pulled after the stop', !stop.signal.aborted);
      isPulling = true;
      const item = pulled;
      if (item < count) pulled += 1;
      hold();
      if (chance(30)) await clock.sleep(dice.below(pace + 1));
      isPulling = false;
      if (item === failingItem) throw new Error(`items ${item}`);
      return item < count ? { done: false, value: item } : { done: true, value: undefined };
    },
    async return() {
      closed += 1;
      return { done: true, value: undefined };
    },
  };
  const work = async (item: number, index: number) => {
    rule('each item has its index', item === index);
    rule('nothing is begun after the stop', !stop.signal.aborted);
    started.push(item);
    active += 1;
    hold();
    await clock.sleep(dice.below(100));
    hold();
    active -= 1;
    if (failingWork.has(item)) throw new Error(`work ${item}`);
    return item;
  };
  const failedBefore = (item: number) => [...failingWork].filter((failing) => failing < item).length;
  const consume = async () => {
    for await (const result of inOrder(items, work, { concurrency, lookAhead, stop: stop.signal })) {
      rule('in order, and none left out', result === started[received + failedBefore(result)]);
      received += 1;
      isAsking = false;
      if (result === leavesAt) return 'left';
      await clock.sleep(dice.below(pace + 1));
      isAsking = true;
    }
    return 'end';
  };
  if (chance(25)) void clock.sleep(dice.below(1000)).then(() => stop.abort());

  const ending = consume()
    .catch((error: Error) => error.message)
    .finally(() => {
      rule('nothing is left in work', active === 0);
      isOver = true;
    });
  await clock.runTo();
  const end = await ending;

  expect(broken).toEqual([]);
  expect(started, name).toEqual(started.map((_, index) => index));
  const failures = [...failingWork].filter((item) => started.includes(item)).sort((a, b) => a - b);
  const [firstFailure] = failures;
  const isEarly = stop.signal.aborted || end !== 'end';
  if (end === 'left') expect(received, name).toBe((leavesAt ?? 0) + 1 - failedBefore(leavesAt ?? 0));
  else if (firstFailure !== undefined)
    expect([end, received], name).toEqual([`work ${firstFailure}`, started.length - failures.length]);
  else expect(received, name).toBe(started.length);
  if (!isEarly) expect([received, closed], name).toEqual([count, 0]);
  expect(closed, name).toBeLessThanOrEqual(1);
  if (end.startsWith('work') && started.length < count && failingItem === undefined)
    expect(closed, name).toBe(1);
  if (end.startsWith('items')) expect([end, closed], name).toEqual([`items ${failingItem}`, 0]);
}

interface Course {
  readonly durationMs?: number;
  readonly fails?: boolean;
}

/** Work that takes time by a clock of its own, and is counted. */
function createScene(course: (item: number) => Course = () => ({})) {
  const clock = createFakeClock();
  const seen = { started: 0, active: 0, mostActive: 0 };
  const work = async (item: number): Promise<string> => {
    const { durationMs = 1, fails = false } = course(item);
    seen.started += 1;
    seen.active += 1;
    seen.mostActive = Math.max(seen.mostActive, seen.active);
    await clock.sleep(durationMs);
    seen.active -= 1;
    if (fails) throw new Error(`work ${item}`);
    return `r${item}`;
  };
  return { clock, work, seen };
}

/** Items that write down what is asked of them. */
function createItems(
  count: number,
  faults: { readonly failsAt?: number; readonly hangsAt?: number; readonly closingFails?: boolean } = {},
) {
  const log: string[] = [];
  let item = 0;
  let release: (() => void) | undefined;
  const iterator: AsyncIterator<number> = {
    async next() {
      const value = item++;
      log.push(`pull ${value}`);
      if (value === faults.failsAt) throw new Error(`items ${value}`);
      if (value === faults.hangsAt) await new Promise<void>((resolve) => (release = resolve));
      return value < count ? { done: false, value } : { done: true, value: undefined };
    },
    async return() {
      log.push('return');
      if (faults.closingFails) throw new Error('closing');
      return { done: true, value: undefined };
    },
  };
  return { items: { [Symbol.asyncIterator]: () => iterator }, log, release: () => release?.() };
}

function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number += 1) yield number;
}

async function* generate(count: number): AsyncGenerator<number> {
  yield* numbers(count);
}

async function collect<T>(generator: AsyncIterable<T>): Promise<{ results: T[]; error: unknown }> {
  const results: T[] = [];
  try {
    for await (const result of generator) results.push(result);
  } catch (error) {
    return { results, error };
  }
  return { results, error: undefined };
}
