import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  const { files, size } = await listed();
  const paths = files.map(({ path }) => path);
  // The start loads one file; what is loaded on demand is beside it.
  const isPart = (path: string) => /^dist\/(?:cli|parts)\/[\w-]+\.c?js$/.test(path);
  expect(paths.filter((path) => !/\.d\.ts$|^docs\//.test(path) && !isPart(path)).sort()).toEqual([
    ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
    ...['bin/describe-image-emulator.js', 'bin/describe-image.cjs', 'bin/keep-compiled.cjs'],
    ...[
      'dist/LICENSES.txt',
      'dist/cli.cjs',
      'dist/decoder.cjs',
      'dist/emulator.js',
      'dist/help.txt',
      'dist/index.js',
    ],
    ...['dist/short-help.txt', 'dist/version.txt', 'package.json'],
  ]);
  expect(size).toBeLessThan(500_000);
});

it('packs every file that its documents link', async () => {
  const packed = new Set((await listed()).files.map(({ path }) => path));
  const documents = [...packed].filter((path) => path.endsWith('.md'));
  const missing = documents.flatMap((document) =>
    linksOf(read(document))
      .map((link) => posix.join(posix.dirname(document), link))
      .filter((path) => !packed.has(path) && ![...packed].some((file) => file.startsWith(`${path}/`)))
      .map((path) => `${document}: ${path}`),
  );
  expect(missing).toEqual([]);
});

it('needs no package but sharp, and does without it', () => {
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(read('package.json'));
  expect({ ...dependencies, ...peerDependencies }).toEqual({});
  expect(Object.keys(optionalDependencies)).toEqual(['sharp']);
});

it('is tried by CI on the oldest Node that it runs on', () => {
  const floor = JSON.parse(read('package.json')).engines.node.replace('>=', '');
  const matrices = [...read('.github/workflows/ci.yml').matchAll(/node: \[([^\]]+)\]/g)].map(
    ([, list]) => list,
  );
  expect(matrices.filter((list) => list?.split(', ').includes(`${floor}.0`))).toHaveLength(2);
});

it('has the licence of every package that is part of it', () => {
  const licences = read('dist/LICENSES.txt');
  const { packages } = JSON.parse(read('package-lock.json'));
  for (const name of ['chalk', 'commander', 'execa', 'https-proxy-agent', 'mime-db', 'ora', 'agent-base'])
    expect(licences).toContain(`${name} ${packages[`node_modules/${name}`].version} (`);
  const each = licences.split(/^-{80}$/m).filter((licence) => licence.trim() !== '');
  expect(each.filter((licence) => !/permi(?:ssion|tted)/i.test(licence))).toEqual([]);
});

it('loads one file of its own at the start', async () => {
  const code = "require('./dist/cli.cjs'); console.log(Object.keys(require.cache).length)";
  const { stdout } = await execa(process.execPath, ['--input-type=commonjs', '--eval', code], {
    cwd: project,
  });
  expect(stdout).toBe('1');
});

it('starts with no more than one image needs', () => {
  // What is loaded on demand goes into a file of its own: see onDemand in scripts/build.js.
  expect(statSync(join(project, 'dist/cli.cjs')).size).toBeLessThan(110_000);
});

it('is never run by its bare name from npm, where that is a program of somebody else', () => {
  const texts = ['.github', '.ci', 'bench', 'bin', 'docs', 'scripts', 'src', 'test']
    .filter((folder) => existsSync(join(project, folder)))
    .flatMap((folder) =>
      readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .concat(readdirSync(project).filter((name) => /\.(?:md|json)$/.test(name)))
    .filter((path) => statSync(join(project, path)).isFile());
  const pattern = new RegExp(`\\b(?:npx|npm exec|pnpx|bunx|dlx)\\b[^\\n]*\\sdescribe-${'image'}\\b`);
  expect(texts.filter((path) => pattern.test(read(path)))).toEqual([]);
});

describe('installed alone, without a network', () => {
  let folder: string;
  const installed = (path: string) => join(folder, 'node_modules/describe-image', path);
  const env = () => ({ GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url });
  const node = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    execa(process.execPath, args, {
      cwd: folder,
      env: { ...env(), ...more },
      extendEnv: false,
      reject: false,
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'describe-image-test-'));
    const { filename } = await pack('--pack-destination', folder);
    const options = ['--offline', '--omit=optional', '--no-audit', '--no-fund', '--prefix', folder];
    await execa('npm', ['install', ...options, join(folder, filename)], { cwd: folder });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is one package', () => {
    const names = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(['describe-image']);
  });

  it('runs', async () => {
    emulator.enqueue(honest);
    const ran = await node([installed('bin/describe-image.cjs'), fixture('sunset.jpg')]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('960 × 640') });
    const failed = await node([installed('bin/describe-image.cjs'), 'nowhere.png'], { FORCE_COLOR: '1' });
    expect(failed).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('\u001b[31m') });
    const listed = await node([installed('bin/describe-image-emulator.js'), '--list-faults']);
    expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('rate-limit') });
  });

  it('can be imported, and writes nothing into the folder for caches', async () => {
    const code = `
      import { describeImage } from 'describe-image';
      import { startEmulator } from 'describe-image/emulator';
      const { GEMINI_API_KEY: apiKey, GOOGLE_GEMINI_BASE_URL: baseUrl } = process.env;
      const { text } = await describeImage(${JSON.stringify(fixture('sunset.jpg'))}, { apiKey, baseUrl });
      console.log(typeof startEmulator, text);`;
    emulator.enqueue(honest);
    const cache = temporaryFolder();
    const imported = await node(['--input-type=module', '--eval', code], { XDG_CACHE_HOME: cache });
    expect(imported.stdout).toMatch(/^function I am the describe-image emulator/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('decodes by what is installed beside it, and says what to install where nothing is', async () => {
    const binary = installed('bin/describe-image.cjs');
    const argv = [binary, fixture('images/still.gif'), '--dry-run'];
    expect(await node(argv)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('npm install sharp'),
    });
    const scaled = [binary, fixture('sunset.jpg'), '--max-edge', '100', '--dry-run'];
    expect(await node(scaled)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('npm install sharp'),
    });
    // By the variable that names further folders of packages, since the folder itself is to stay as it is.
    const beside = { NODE_PATH: join(project, 'node_modules') };
    expect(await node(argv, beside)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('image/png'),
    });
    const code = `
      import { describeImage } from 'describe-image';
      const { GEMINI_API_KEY: apiKey, GOOGLE_GEMINI_BASE_URL: baseUrl } = process.env;
      console.log((await describeImage(${JSON.stringify(fixture('images/still.gif'))}, { apiKey, baseUrl })).images[0].mimeType);`;
    emulator.enqueue(honest);
    const imported = await node(['--input-type=module', '--eval', code], beside);
    expect(imported).toMatchObject({ exitCode: 0, stdout: 'image/png', stderr: '' });
  });

  it('has every file that another one loads', async () => {
    const names = readdirSync(installed('dist'), { recursive: true, encoding: 'utf8' });
    // The decoder is a program of its own, which reads its standard input.
    const isLoaded = (name: string) => /\.c?js$/.test(name) && name !== 'decoder.cjs';
    const files = names.filter(isLoaded).map((name) => installed(join('dist', name)));
    const code = `for (const file of ${JSON.stringify(files)}) await import(file);`;
    expect(await node(['--input-type=module', '--eval', code])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

it('has one file of declarations for each way in', () => {
  const all = readdirSync(join(project, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(all.filter((name) => name.endsWith('.d.ts')).sort()).toEqual(['emulator.d.ts', 'index.d.ts']);
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

/** What `npm pack` would make of the built project, found once. */
function listed(): Promise<Packed> {
  list ??= pack('--dry-run');
  return list;
}

let list: Promise<Packed> | undefined;

/** What `npm pack` makes of the built project. */
async function pack(...options: string[]): Promise<Packed> {
  const { stdout } = await execa('npm', ['pack', '--json', '--ignore-scripts', ...options], { cwd: project });
  const [packed]: Packed[] = JSON.parse(stdout);
  if (packed === undefined) throw new Error('npm packed nothing');
  return packed;
}

function read(path: string): string {
  return readFileSync(join(project, path), 'utf8');
}

/** The files that a Markdown document links. */
function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}
