import { afterEach, beforeEach } from 'vitest';
import { type Emulator, type RecordedRequest, type Reply, startEmulator } from '../../src/emulator/index.ts';

export interface TestEmulator extends Emulator {
  /** Verifies the emulator and starts another, as between two tests: for the rows of a table. */
  renew(): Promise<void>;
}

/**
 * Starts a strict emulator before each test of a file and closes it after. The test fails on a request nobody expected,
 * on one the real service would have refused, and on a reply that was not asked for.
 */
export function useEmulator(): TestEmulator {
  let emulator: Emulator | undefined;
  const running = () => {
    if (emulator === undefined) throw new Error('the emulator runs only within a test');
    return emulator;
  };
  const start = async () => {
    emulator = await startEmulator({ isStrict: true });
  };
  const end = async () => {
    try {
      running().verify();
    } finally {
      await running().close();
    }
  };
  beforeEach(start);
  afterEach(end);
  return {
    get url() {
      return running().url;
    },
    get requests(): readonly RecordedRequest[] {
      return running().requests;
    },
    enqueue: (...replies: Reply[]) => running().enqueue(...replies),
    verify: () => running().verify(),
    renew: async () => {
      await end();
      await start();
    },
    close: () => running().close(),
    [Symbol.asyncDispose]: () => running().close(),
  };
}
