import { readFileSync, rmSync } from 'node:fs';
import { defineConfig } from 'rolldown';

rmSync('dist', { recursive: true, force: true });

/** Commander is needed at every start, so it is part of the program, and its licence goes along. */
const commanderLicense = {
  name: 'commander-license',
  /** @this {import('rolldown').PluginContext} */
  generateBundle() {
    const source = readFileSync('node_modules/commander/LICENSE', 'utf8');
    this.emitFile({ type: 'asset', fileName: 'commander.LICENSE', source });
  },
};

/**
 * One file for each way in: reading few files is what makes the start short. What is loaded on demand stays outside.
 *
 * @param {string} name
 * @param {string} input
 * @param {import('rolldown').Plugin[]} [plugins]
 */
function bundle(name, input, plugins = []) {
  return defineConfig({
    input: { [name]: input },
    platform: 'node',
    external: [/^node:/, 'chalk', 'mime-types', 'ora'],
    plugins,
    output: { dir: 'dist', format: 'esm' },
  });
}

export default [
  bundle('cli', 'src/cli/index.ts', [commanderLicense]),
  bundle('index', 'src/index.ts'),
  bundle('emulator', 'src/emulator/index.ts'),
];
