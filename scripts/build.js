/** Bundles the program, the library and the emulator into dist/: `npm run build`. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';

/**
 * Commander is needed at every start, so it is part of the program, and its licence goes along. It would load
 * node:child_process, for subcommands that are programs of their own; there are none.
 */
const commander = {
  name: 'commander',
  /** @param {string} id @param {string | undefined} importer */
  resolveId(id, importer) {
    return id === 'node:child_process' && importer?.includes('commander') ? '\0unused' : undefined;
  },
  /** @param {string} id */
  load(id) {
    return id === '\0unused' ? 'export {}' : undefined;
  },
  /** @this {import('rolldown').PluginContext} */
  generateBundle() {
    const source = readFileSync('node_modules/commander/LICENSE', 'utf8');
    this.emitFile({ type: 'asset', fileName: 'commander.LICENSE', source });
  },
};

/** What is loaded on demand stays outside. */
const shared = {
  platform: /** @type {const} */ ('node'),
  external: [
    /^node:(?!child_process$)/,
    'chalk',
    'execa',
    'mime-types',
    'ora',
    /-proxy-agent$/,
    'proxy-from-env',
    'sharp',
  ],
};

/** Modules of the program that most runs do without. */
const onDemand = new RegExp(
  [
    'src/batch/',
    'src/cli/(?:batch|count-images|find-images|dry-run|failure-record|list|prices|tally|together)',
    'src/gemini/tokens',
    'src/image/(?:clipboard|convert|download|looks-like-image|one-line|open/spool|unsendable)',
    'src/image/formats/(?:brands|damage|recognise|signatures|strip|text-formats|tiff|png|webp|heif)',
    'src/network/(?:checked-lookup|connections|decompress|special-address)',
    'src/output/(?:batch|cost|dry-run|prices|summary)',
  ].join('|'),
);

rmSync('dist', { recursive: true, force: true });

// One file: reading few files is what makes the start short. It is CommonJS and small, which Node starts sooner; names of
// functions are kept, so that a stack trace can be read.
await build({
  ...shared,
  input: { cli: 'src/cli/index.ts' },
  // What is loaded on demand finds the rest in the program's own file.
  preserveEntrySignatures: 'allow-extension',
  plugins: [commander],
  output: {
    dir: 'dist',
    format: 'cjs',
    // Without import(), V8 needs nothing of Node's to run what it compiled before, and ASCII is read without a decoder.
    dynamicImportInCjs: false,
    charset: 'ascii',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'cli/[name].cjs',
    // Everything else is needed at every start, and belongs into one file, even where parts loaded later need it too.
    codeSplitting: { groups: [{ name: 'start', test: (id) => !onDemand.test(id) }] },
    minify: { compress: true, mangle: { keepNames: true }, codegen: true },
  },
});

await build({
  ...shared,
  input: { index: 'src/index.ts', emulator: 'src/emulator/index.ts' },
  output: { dir: 'dist', chunkFileNames: 'parts/[name].js' },
});

// Texts that need no program to print them; while they are not there, the program words them.
const texts = { 'short-help': '-h', help: '--help', version: '--version' };
for (const [name, option] of Object.entries(texts)) {
  writeFileSync(`dist/${name}.txt`, execFileSync(process.execPath, ['bin/describe-image.cjs', option]));
}
