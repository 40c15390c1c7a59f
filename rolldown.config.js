import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/** Commander is needed at every start, so it is part of the program, and its licence goes along. */
const commanderLicense = {
  name: 'commander-license',
  /** @this {import('rolldown').PluginContext} */
  generateBundle() {
    const source = readFileSync('node_modules/commander/LICENSE', 'utf8');
    this.emitFile({ type: 'asset', fileName: 'commander.LICENSE', source });
  },
};

/** One file for each way in: reading few files is what makes the start short. What is loaded on demand stays outside. */
export default defineConfig({
  plugins: [commanderLicense],
  input: { cli: 'src/cli/index.ts', index: 'src/index.ts', emulator: 'src/emulator/index.ts' },
  platform: 'node',
  external: [/^node:/, 'chalk', 'mime-types', 'ora'],
  output: { dir: 'dist', format: 'esm', chunkFileNames: '[name].js', cleanDir: true },
});
