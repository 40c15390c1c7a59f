import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { honest } from '../src/emulator/index.ts';
import { useEmulator } from './helpers/emulator.ts';
import { temporaryFolder } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const emulator = useEmulator();

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
  readonly size: number;
}

it('packs only what a user needs', async () => {
  const { files, size } = await pack('--dry-run');
  const paths = files.map(({ path }) => path);
  const isPart = (path: string) => /^dist\/(?:cli|parts)\/[\w-]+\.c?js$/.test(path);
  expect(paths.filter((path) => !path.endsWith('.d.ts') && !isPart(path)).sort()).toEqual([
    ...['CHANGELOG.md', 'LICENSE', 'README.md'],
    ...['bin/describe-image-emulator.js', 'bin/describe-image.cjs', 'bin/keep-compiled.cjs'],
    ...['dist/cli.cjs', 'dist/commander.LICENSE', 'dist/emulator.js', 'dist/help.txt', 'dist/index.js'],
    ...['dist/short-help.txt', 'dist/version.txt', 'docs/emulator.md', 'package.json'],
  ]);
  // The start loads one file; what is loaded on demand is beside it.
  expect(paths.filter((path) => path.startsWith('dist/cli/') && !isPart(path))).toEqual([]);
  expect(size).toBeLessThan(250_000);
});

it('loads one file of its own at the start', async () => {
  const code = "require('./dist/cli.cjs'); console.log(Object.keys(require.cache).length)";
  const { stdout } = await execa(process.execPath, ['--input-type=commonjs', '--eval', code], {
    cwd: project,
  });
  expect(stdout).toBe('1');
});

it('runs, and can be imported, where it was unpacked', async () => {
  const folder = temporaryFolder();
  const { filename } = await pack('--pack-destination', folder);
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  await execa('tar', ['-xzf', filename], { cwd: folder });
  cpSync(join(folder, 'package'), join(modules, 'describe-image'), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies))
    symlinkSync(join(project, 'node_modules', name), join(modules, name), 'junction');

  const env = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
  emulator.enqueue(honest, honest);
  const binary = join(modules, 'describe-image/bin/describe-image.cjs');
  const ran = await execa(process.execPath, [binary, fixture('sunset.jpg')], {
    cwd: folder,
    env,
    extendEnv: false,
  });
  expect(ran.stdout).toContain('960 × 640');
  const code = `
    import { describe } from 'describe-image';
    import { startEmulator } from 'describe-image/emulator';
    const { GEMINI_API_KEY: apiKey, GOOGLE_GEMINI_BASE_URL: baseUrl } = process.env;
    const { text } = await describe(${JSON.stringify(fixture('sunset.jpg'))}, { apiKey, baseUrl });
    console.log(typeof startEmulator, text);`;
  const imported = await execa(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    env,
    extendEnv: false,
  });
  expect(imported.stdout).toMatch(/^function I am the describe-image emulator/);
});

it('has types that a strict program compiles with', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(project, join(folder, 'node_modules/describe-image'), 'junction');
  symlinkSync(join(project, 'node_modules/@types'), join(folder, 'node_modules/@types'), 'junction');
  cpSync(fixture('library-example.ts'), join(folder, 'example.ts'));
  const options = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--skipLibCheck',
    'false',
  ];
  const { stdout, exitCode } = await execa(
    process.execPath,
    [join(project, 'node_modules/typescript/bin/tsc'), ...options, 'example.ts'],
    { cwd: folder, reject: false },
  );
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
});

/** What `npm pack` makes of the built project. */
async function pack(...options: string[]): Promise<Packed> {
  const { stdout } = await execa('npm', ['pack', '--json', '--ignore-scripts', ...options], { cwd: project });
  const [packed]: Packed[] = JSON.parse(stdout);
  if (packed === undefined) throw new Error('npm packed nothing');
  return packed;
}
