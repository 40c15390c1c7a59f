import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { faults, honest, rateLimit, startEmulator } from '../../src/emulator/index.ts';
import { run } from '../../src/engine/run.ts';
import {
  type DescribeImagesOptions,
  type Effects,
  type Listener,
  systemEffects,
} from '../../src/engine/tools.ts';
import { AbortedError, ImageError, OutputError } from '../../src/errors.ts';
import { nowhere, type Store } from '../../src/store/store.ts';
import { fixture } from '../helpers/fixtures.ts';
import { eachRow } from '../helpers/rows.ts';

it.each([1, 3])(
  'asks on while %d answers are written, and lets no more than that wait',
  async (concurrency) => {
    await using emulator = await startEmulator();
    let writing = 0;
    let mostWriting = 0;
    const store: Store = {
      ...nowhere,
      makesRoom: true,
      keep: async () => {
        writing += 1;
        mostWriting = Math.max(mostWriting, writing);
        // A disk that is slower than the server.
        for (let round = 0; round < 20; round += 1) await (await fetch(emulator.url)).text();
        writing -= 1;
        return { kept: 'all' };
      },
    };
    const options = { apiKey: 'test-key', baseUrl: emulator.url, concurrency };
    const kinds: string[] = [];
    for await (const { result } of run(candidates(12), { options, store, isSeveral: true }))
      kinds.push(result.outcome);
    expect(kinds).toEqual(Array(12).fill('kept'));
    // Those that made room, and those that kept theirs.
    expect(mostWriting).toBe(2 * concurrency);
  },
);

it('hands on every answer that came, whatever nobody foresaw of one image', async () => {
  await using emulator = await startEmulator();
  let attempts = 0;
  const effects: Effects = {
    ...systemEffects,
    transport: async (...request) => {
      attempts += 1;
      if (attempts === 2) throw new RangeError('Invalid array buffer length');
      return systemEffects.transport(...request);
    },
  };
  const options = { apiKey: 'test-key', baseUrl: emulator.url, concurrency: 1 };
  const seen: unknown[] = [];
  for await (const { result } of run(candidates(3), { options, effects, isSeveral: true }))
    seen.push(result.outcome === 'failed' ? result.error : result.outcome);
  expect(seen).toEqual(['answered', expect.any(ImageError), 'answered']);
  expect(String(seen[1])).toContain('Invalid array buffer length');
});

it('yields what came before it throws that no more can be kept', async () => {
  await using emulator = await startEmulator();
  let kept = 0;
  const store: Store = {
    ...nowhere,
    keep: async () => {
      kept += 1;
      return kept === 2 ? { kept: 'not', error: new OutputError('the disk is full') } : { kept: 'all' };
    },
  };
  const options = { apiKey: 'test-key', baseUrl: emulator.url, concurrency: 4 };
  const seen: unknown[] = [];
  const all = async () => {
    for await (const { result } of run(candidates(40), { options, store, isSeveral: true }))
      seen.push(result.outcome === 'answered' ? result.text : result.outcome);
  };
  await expect(all()).rejects.toThrow('the disk is full');
  expect(seen.filter((each) => String(each).includes('emulator'))).toHaveLength(1);
  expect(seen.length).toBe(emulator.requests.length);
  expect(seen.length).toBeLessThan(40);
});

it('holds no text and no reply of an answer that is kept', async () => {
  await using emulator = await startEmulator();
  const store: Store = { ...nowhere, keep: async () => ({ kept: 'all' }) };
  const options = { apiKey: 'test-key', baseUrl: emulator.url };
  for (const isSeveral of [false, true])
    for await (const { result, body } of run(candidates(2), {
      options,
      store,
      isSeveral,
      keepsReplies: true,
    })) {
      expect(body).toBeUndefined();
      expect(result).toMatchObject({ outcome: 'kept', isCutOff: false, isNew: true });
      expect(result).not.toHaveProperty('text');
    }
  for (const keepsReplies of [false, true])
    for await (const { body } of run(candidates(1), { options, keepsReplies, isSeveral: true }))
      expect(body !== undefined && body.length > 0).toBe(keepsReplies);
});

it('asks no more while long answers wait for one that takes its time', async () => {
  // Five of these are above the bound of 64 MiB, and none above that of one answer.
  const text = 'x'.repeat(14 * 1024 * 1024);
  const candidate = { content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' };
  const body = Buffer.from(JSON.stringify({ candidates: [candidate] }));
  let release: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    release = resolve;
  });
  let attempts = 0;
  const effects: Effects = {
    ...systemEffects,
    transport: async () => {
      attempts += 1;
      if (attempts === 1) await late;
      return { status: 200, headers: {}, body: Readable.from([body]) };
    },
  };
  let waiting = 0;
  const listener = {
    onResult: () => {
      waiting += 1;
      if (waiting === 5) setImmediate(release);
    },
  };
  const options = { apiKey: 'test-key', baseUrl: 'http://127.0.0.1:1', concurrency: 2 };
  let askedWhileWaiting = 0;
  const kinds: string[] = [];
  for await (const { result } of run(candidates(9), { options, effects, listener, isSeveral: true })) {
    askedWhileWaiting ||= attempts;
    kinds.push(result.outcome);
  }
  expect(kinds).toEqual(Array(9).fill('answered'));
  // The late one, and five that fill the bound.
  expect({ askedWhileWaiting, attempts }).toEqual({ askedWhileWaiting: 6, attempts: 9 });
});

it('lets a second pass after a refusal that names no time, before the next image is asked about', async () => {
  await using emulator = await startEmulator({ isStrict: true });
  emulator.enqueue(faults['rate-limit-bare'].reply, honest);
  const clock = createClock();
  const kinds = await outcomesOf(clock.effects, 2, { baseUrl: emulator.url, retries: 0 });
  expect(kinds).toEqual(['failed', 'answered']);
  expect(clock.startsMs).toEqual([0, 1000]);
});

it('goes by a clock that nobody sets, and tells the time of a pause by the one on the wall', async () => {
  await using emulator = await startEmulator({ isStrict: true });
  emulator.enqueue(honest, rateLimit(3), honest, honest);
  const clock = createClock();
  let looks = 0;
  // It is set back by an hour at each of the first looks.
  const now = () => {
    looks += 1;
    return Date.UTC(2031, 1, 1, 12) - Math.min(looks, 9) * 3_600_000 + clock.effects.monotonicNow();
  };
  const pauses: number[] = [];
  const options = { baseUrl: emulator.url, requestsPerMinute: 60 };
  const kinds = await outcomesOf({ ...clock.effects, now }, 3, options, {
    onLimit: ({ pausedUntilMs }) => pausedUntilMs === undefined || pauses.push(pausedUntilMs),
  });
  expect(kinds).toEqual(['answered', 'answered', 'answered']);
  expect(clock.startsMs).toEqual([0, 1000, 4000, 5000]);
  expect(pauses.length).toBeGreaterThan(0);
  expect(Math.min(...pauses)).toBeGreaterThan(Date.UTC(2031, 0, 31));
});

it('wakes who waits for another attempt when the reader leaves, and asks no more', async () => {
  await using emulator = await startEmulator({ isStrict: true });
  emulator.enqueue(honest, rateLimit(30));
  let fallAsleep: () => void = () => undefined;
  const asleep = new Promise<void>((resolve) => {
    fallAsleep = resolve;
  });
  // Nobody wakes up by itself.
  const sleep = (_: number, signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      fallAsleep();
      signal?.addEventListener('abort', () => reject(new AbortedError('aborted')));
    });
  const options = { apiKey: 'test-key', baseUrl: emulator.url, concurrency: 1 };
  const given = { options, effects: { ...systemEffects, sleep }, isSeveral: true };
  for await (const { result } of run(candidates(9), given)) {
    expect(result.outcome).toBe('answered');
    await asleep;
    break;
  }
  emulator.verify();
});

it('makes no more attempts after the first than it was told', () =>
  eachRow([0, 1, 2], async (retries) => {
    await using emulator = await startEmulator({ isStrict: true });
    emulator.enqueue(...Array(retries + 1).fill(faults.unavailable.reply));
    expect(await outcomesOf(createClock().effects, 1, { baseUrl: emulator.url, retries })).toEqual([
      'failed',
    ]);
    emulator.verify();
  }));

/** A clock that moves on by what is slept, and notes when each request starts. */
function createClock() {
  let nowMs = 0;
  const startsMs: number[] = [];
  const effects: Effects = {
    ...systemEffects,
    random: () => 0.5,
    now: () => nowMs,
    monotonicNow: () => nowMs,
    sleep: async (delayMs) => {
      nowMs += delayMs;
    },
    transport: (...attempt) => {
      startsMs.push(nowMs);
      return systemEffects.transport(...attempt);
    },
  };
  return { effects, startsMs };
}

/** Asks about so many images, one after the other, and returns what became of each. */
async function outcomesOf(
  effects: Effects,
  count: number,
  options: Omit<DescribeImagesOptions, 'apiKey'>,
  listener: Listener = {},
): Promise<string[]> {
  const all = { apiKey: 'test-key', concurrency: 1, ...options };
  const kinds: string[] = [];
  const given = { options: all, effects, listener, isSeveral: true };
  for await (const { result } of run(candidates(count), given)) kinds.push(result.outcome);
  return kinds;
}

async function* candidates(count: number) {
  const name = fixture('images/rgb.png');
  for (let number = 0; number < count; number += 1) yield { name, inputs: [name] };
}
