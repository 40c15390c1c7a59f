import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A guard against a hang, not a limit on speed: machines differ.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unstubEnvs: true,
    // Most tests wait for servers and processes, so no core is left aside for vitest itself.
    maxWorkers: '100%',
  },
});
