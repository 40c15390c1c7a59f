import { afterEach, beforeEach } from 'vitest';
import { type Emulator, type RecordedRequest, type Reply, startEmulator } from '../../src/emulator/index.ts';

/**
 * Starts a strict emulator before each test of a file and closes it after. The test fails on a request nobody expected,
 * on one the real service would have refused, and on a reply that was not asked for.
 */
export function useEmulator(): Emulator {
  let emulator: Emulator | undefined;
  const running = () => {
    if (emulator === undefined) throw new Error('the emulator runs only within a test');
    return emulator;
  };
  beforeEach(async () => {
    emulator = await startEmulator({ isStrict: true });
  });
  afterEach(async () => {
    try {
      running().verify();
    } finally {
      await running().close();
    }
  });
  return {
    get url() {
      return running().url;
    },
    get requests(): readonly RecordedRequest[] {
      return running().requests;
    },
    enqueue: (...replies: Reply[]) => running().enqueue(...replies),
    verify: () => running().verify(),
    close: () => running().close(),
    [Symbol.asyncDispose]: () => running().close(),
  };
}
