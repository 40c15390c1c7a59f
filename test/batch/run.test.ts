import { expect, it } from 'vitest';
import { nowhere } from '../../src/batch/archive.ts';
import type { Archive } from '../../src/batch/outcome.ts';
import { runBatch } from '../../src/batch/run.ts';
import { systemEffects } from '../../src/describe.ts';
import { startEmulator } from '../../src/emulator/index.ts';
import { fixture } from '../helpers/fixtures.ts';

it.each([1, 3])(
  'asks on while %d answers are written, and lets no more than that wait',
  async (concurrency) => {
    await using emulator = await startEmulator();
    let writing = 0;
    let mostWriting = 0;
    const archive: Archive = {
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
    for await (const { kind } of runBatch(systemEffects, candidates(12), options, archive, {}))
      kinds.push(kind);
    expect(kinds).toEqual(Array(12).fill('stored'));
    // Those that made room, and those that kept theirs.
    expect(mostWriting).toBe(2 * concurrency);
  },
);

async function* candidates(count: number) {
  const name = fixture('images/rgb.png');
  for (let number = 0; number < count; number += 1) yield { name, input: name };
}
