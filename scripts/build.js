/** Bundles the program, the library and the emulator into dist/: `npm run build`. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';

/**
 * Modules that a package would load and this program never needs. `debug` would print what goes to a proxy, key included,
 * wherever DEBUG is set.
 */
const unneeded = new Map([
  ['debug', 'export default () => () => undefined;'],
  ['proxy-agent-negotiate', 'export const createNegotiateAuth = undefined;'],
  // For subcommands that are programs of their own.
  ['node:child_process', 'export {};'],
]);

/** @type {import('rolldown').Plugin} */
const leaveOut = {
  name: 'leave-out',
  resolveId(id, importer) {
    const isUsed = id === 'node:child_process' && !importer?.includes('commander');
    return unneeded.has(id) && !isUsed ? `\0${id}` : undefined;
  },
  load: (id) => (id.startsWith('\0') ? unneeded.get(id.slice(1)) : undefined),
};

/** The folders of packages that became part of a bundle. @type {Set<string>} */
const bundled = new Set();

/** @type {import('rolldown').Plugin} */
const notePackages = {
  name: 'note-packages',
  generateBundle(_, bundle) {
    for (const output of Object.values(bundle)) {
      for (const id of output.type === 'chunk' ? output.moduleIds : []) {
        const [folder] = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id) ?? [];
        if (folder !== undefined) bundled.add(folder.replace('\0', ''));
      }
    }
  },
};

/**
 * Makes the program one file, with rolldown's helpers in it. As a module it runs like any other; as a script, which is what V8
 * can keep compiled, it is the function that runs.
 *
 * @type {import('rolldown').Plugin}
 */
const oneScript = {
  name: 'one-script',
  generateBundle(_, bundle) {
    const [program, helpers] = [bundle['cli.cjs'], bundle['cli/rolldown-runtime.cjs']];
    if (program?.type !== 'chunk' || helpers?.type !== 'chunk') throw new Error('the bundle has other files');
    const call = 'require("./cli/rolldown-runtime.cjs")';
    if (!program.code.includes(call)) throw new Error(`the program has no ${call}`);
    const code = program.code.replace(call, () => `(exports=>{${helpers.code};return exports})({})`);
    const names = 'exports,require,module,__filename,__dirname';
    program.code = `(run=>typeof module=="object"?run(${names}):run)(function(${names}){${code}})\n`;
  },
};

/**
 * What a file that is loaded on demand is called: after its package, whose own file may be called `index` or `dist`.
 *
 * @param {import('rolldown').PreRenderedChunk} chunk
 */
function chunkName({ name, facadeModuleId }) {
  return /.*[\\/]node_modules[\\/]([\w-]+)/.exec(facadeModuleId ?? '')?.[1] ?? name;
}

/** All but sharp, which has code for each kind of machine, is part of the bundles, so that nothing else is installed. */
const shared = {
  platform: /** @type {const} */ ('node'),
  external: ['sharp'],
  plugins: [leaveOut, notePackages],
};

/** Modules of the program that most runs do without. */
const onDemand = new RegExp(
  [
    'node_modules/',
    'src/engine/(?:cost|limiter|many|order|outage|pace)',
    'src/store/(?!store)',
    'src/cli/(?:batch|find-images|dry-run|help|prices|program|tally)',
    'src/api/(?:api-error|api-rules|tokens)',
    'src/image/(?:ask-decoder|clipboard|convert|decode-process|download|find|list|looks-like-image|redirects|spool|unsendable)',
    'src/image/formats/(?:containers|damage|recognise|signatures|strip|text-formats|png|webp|heif)',
    'src/http/private-address',
    'src/report/(?:batch|dry-run|summary)',
  ].join('|'),
);

rmSync('dist', { recursive: true, force: true });

// One file: reading few files is what makes the start short. It is CommonJS and small, which Node starts sooner; names of
// functions are kept, so that a stack trace can be read.
await build({
  ...shared,
  input: { cli: 'src/cli/main.ts' },
  // What is loaded on demand finds the rest in the program's own file.
  preserveEntrySignatures: 'allow-extension',
  plugins: [shared.plugins, oneScript],
  output: {
    dir: 'dist',
    format: 'cjs',
    // Without import(), V8 needs nothing of Node's to run what it compiled before, and ASCII is read without a decoder.
    dynamicImportInCjs: false,
    charset: 'ascii',
    entryFileNames: '[name].cjs',
    chunkFileNames: (chunk) => `cli/${chunkName(chunk)}.cjs`,
    // Everything else is needed at every start, and belongs into one file, even where parts loaded later need it too.
    codeSplitting: { groups: [{ name: 'start', test: (id) => !onDemand.test(id) }] },
    minify: { compress: true, mangle: { keepNames: true }, codegen: true },
  },
});

await build({
  ...shared,
  input: { index: 'src/index.ts', emulator: 'src/emulator/index.ts' },
  output: { dir: 'dist', chunkFileNames: (chunk) => `parts/${chunkName(chunk)}.js` },
});

// The process that decodes images: a program of its own, in one file.
await build({
  ...shared,
  input: { decoder: 'src/image/convert/decoder.ts' },
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    minify: { compress: true, mangle: { keepNames: true }, codegen: true },
  },
});

writeFileSync('dist/LICENSES.txt', [...bundled].sort().map(licenceOf).join('\n'));

// Texts that need no program to print them; while they are not there, the program words them.
const texts = { 'short-help': '-h', help: '--help', version: '--version' };
for (const [name, option] of Object.entries(texts)) {
  writeFileSync(`dist/${name}.txt`, execFileSync(process.execPath, ['bin/describe-image.cjs', option]));
}

/**
 * The name, version and licence of a package that is part of a bundle.
 *
 * @param {string} folder
 */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence to go along with it`);
  const text = readFileSync(`${folder}/${file}`, 'utf8').replaceAll('\r\n', '\n').trim();
  return `${name} ${version} (${license})\n\n${text}\n\n${'-'.repeat(80)}\n`;
}
