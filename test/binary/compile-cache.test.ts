import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { faults, honest } from '../../src/emulator/index.ts';
import { startBinary } from '../helpers/binary.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { temporaryFile, temporaryFolder } from '../helpers/files.ts';
import { fixture } from '../helpers/fixtures.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const report = fileURLToPath(new URL('../helpers/report-compiled.cjs', import.meta.url));
const program = readFileSync(new URL('../../dist/cli.cjs', import.meta.url));
const isUnix = process.platform !== 'win32';
const nobody = 65_534;

type Environment = Readonly<Record<string, string>>;

/** A place for caches, the program's own folder in it, and the one file that it keeps there. */
function cachePlace() {
  const parent = temporaryFolder();
  const folder = join(parent, 'describe-image');
  const file = join(folder, `${process.version}-${process.platform}-${process.arch}`);
  return { parent, folder, file, environment: { XDG_CACHE_HOME: parent } };
}

/** Asks about an image; says what came of it, and what V8 did with compiled code. */
async function ask(environment: Environment, image = sunset) {
  emulator.enqueue(honest);
  return runProgram(environment, [image]);
}

async function runProgram(environment: Environment, words: readonly string[]) {
  const { exitCode, stdout, stderr } = await startBinary(words, {
    // Node itself makes a folder that NODE_COMPILE_CACHE names, wherever it is.
    cwd: temporaryFolder(),
    env: {
      GEMINI_API_KEY: 'test-key',
      GOOGLE_GEMINI_BASE_URL: emulator.url,
      NODE_OPTIONS: `--require ${report}`,
      ...environment,
    },
  });
  return { exitCode, stdout, compiled: /^compiled code: (.*)$/m.exec(stderr)?.[1] };
}

const answered = { exitCode: 0, stdout: expect.stringContaining('image/jpeg') };

/** What somebody would plant: code that V8 takes for the program's own, and that prints a word of its own. */
function plantedCode(): Buffer {
  const code =
    "(function (exports, require) { require && (process.stdout.write('planted'), process.exit(0)) })";
  const script = new Script(code.padEnd(program.length));
  // V8 keeps what has run.
  script.runInThisContext()();
  const compiled = script.createCachedData();
  return Buffer.concat([compiled, compiled, program]);
}

describe('compiled code', () => {
  it('is kept in a folder and a file of the user alone, and used the next time', async () => {
    const { folder, file, ...place } = cachePlace();
    const shared = temporaryFolder();
    const environment = { ...place.environment, TMPDIR: shared, TEMP: shared };
    expect(await ask(environment)).toMatchObject({ ...answered, compiled: 'none' });
    expect(readdirSync(folder)).toEqual([basename(file)]);
    // Node's own cache, in a folder that every user of the machine can make first, is not used.
    expect(readdirSync(shared)).toEqual([]);
    if (isUnix) expect([folder, file].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
    const kept = statSync(file);
    expect(await ask(environment)).toMatchObject({ ...answered, compiled: 'used' });
    expect(statSync(file)).toMatchObject({ ino: kept.ino, mtimeMs: kept.mtimeMs });
  });

  it('is run as it is, so whoever could write it could run anything', async () => {
    const { folder, file, environment } = cachePlace();
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(file, plantedCode(), { mode: 0o600 });
    expect(await runProgram(environment, [sunset])).toMatchObject({ stdout: 'planted', compiled: 'used' });
  });

  const traps: Readonly<Record<string, (place: ReturnType<typeof cachePlace>) => void>> = {
    'a folder that a group can write to': ({ folder }) => chmodSync(folder, 0o770),
    'a folder that everybody can write to': ({ folder }) => chmodSync(folder, 0o1777),
    'a folder that others can read': ({ folder }) => chmodSync(folder, 0o755),
    'a folder in one that everybody can write to': ({ parent }) => chmodSync(parent, 0o777),
    'a link to a folder': ({ parent, folder }) => {
      renameSync(folder, join(parent, 'elsewhere'));
      symlinkSync('elsewhere', folder);
    },
    'a file that others can write to': ({ file }) => chmodSync(file, 0o622),
    'a link to a file': ({ parent, file }) => {
      renameSync(file, join(parent, 'elsewhere'));
      symlinkSync('../elsewhere', file);
    },
    'a file with a second name': ({ parent, file }) => linkSync(file, join(parent, 'elsewhere')),
  };
  const foreign: typeof traps = {
    'a folder of another user': ({ folder }) => chownSync(folder, nobody, nobody),
    'a folder in one of another user': ({ parent }) => chownSync(parent, nobody, nobody),
    'a file of another user': ({ file }) => chownSync(file, nobody, nobody),
  };
  const isRoot = process.geteuid?.() === 0;
  it.runIf(isUnix).each(Object.entries({ ...traps, ...(isRoot && foreign) }))(
    'is not read from %s',
    async (_, set) => {
      const place = cachePlace();
      mkdirSync(place.folder, { mode: 0o700 });
      writeFileSync(place.file, plantedCode(), { mode: 0o600 });
      set(place);
      expect(await ask(place.environment)).toMatchObject({ ...answered, compiled: 'none' });
    },
  );

  it.runIf(isUnix)('is not written to a folder that is not private', async () => {
    const { folder, environment } = cachePlace();
    mkdirSync(folder, { mode: 0o700 });
    chmodSync(folder, 0o770);
    expect(await ask(environment)).toMatchObject(answered);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is made again where its file is damaged, cut short, or of another program', async () => {
    const { file, environment } = cachePlace();
    await ask(environment);
    const whole = readFileSync(file);
    const middle = (whole.length - program.length) >> 2;
    const changed = (at: number) => {
      const copy = Buffer.from(whole);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    const damaged = [
      ...[0, middle, 3 * middle, whole.length - 1].map(changed),
      ...[0, 1, middle, whole.length - 1].map((length) => whole.subarray(0, length)),
      ...[Buffer.alloc(whole.length), Buffer.concat([whole, whole]), program],
      Buffer.concat([Buffer.alloc(whole.length - program.length), program]),
    ];
    for (const content of damaged) {
      writeFileSync(file, content);
      const { compiled, ...outcome } = await ask(environment);
      expect(outcome).toMatchObject(answered);
      expect(compiled).not.toBe('used');
      expect(readFileSync(file).equals(content)).toBe(false);
    }
    expect(await ask(environment)).toMatchObject({ ...answered, compiled: 'used' });
  });

  it('is not written by a dry run, a failure, or a text that needs no program', async () => {
    const { parent, environment } = cachePlace();
    for (const words of [[sunset, '--dry-run'], ['/nowhere.png'], ['--help'], ['--version'], ['--nonsense']])
      await runProgram(environment, words);
    emulator.enqueue(faults['bad-key'].reply);
    expect(await runProgram(environment, [sunset])).toMatchObject({ exitCode: 4 });
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is not written once a large image has changed the flags of V8, as no other start would take it', async () => {
    const { parent, environment } = cachePlace();
    const large = Buffer.concat([readFileSync(sunset), Buffer.alloc(1_500_000)]);
    expect(await ask(environment, temporaryFile('large.jpg', large))).toMatchObject({ exitCode: 0 });
    expect(readdirSync(parent)).toEqual([]);
    await ask(environment);
    const again = await ask(environment, temporaryFile('large.jpg', large));
    expect(again).toMatchObject({ exitCode: 0, compiled: 'used' });
  });

  it('is neither read nor written where NODE_DISABLE_COMPILE_CACHE says so', async () => {
    const { parent, folder, environment } = cachePlace();
    const disabled = { ...environment, NODE_DISABLE_COMPILE_CACHE: '1' };
    expect(await ask(disabled)).toMatchObject(answered);
    expect(readdirSync(parent)).toEqual([]);
    await ask(environment);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(await ask(disabled)).toEqual({ ...answered, compiled: undefined });
  });

  it.runIf(isUnix)('lies in NODE_COMPILE_CACHE, else in XDG_CACHE_HOME, else in ~/.cache', async () => {
    const [home, xdg, node] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const kept = [join(home, '.cache'), xdg, node].map((parent) => join(parent, 'describe-image'));
    const found = () => kept.map(existsSync);
    await ask({ HOME: home });
    expect(found()).toEqual([true, false, false]);
    await ask({ HOME: home, XDG_CACHE_HOME: xdg });
    expect(found()).toEqual([true, true, false]);
    await ask({ HOME: home, XDG_CACHE_HOME: xdg, NODE_COMPILE_CACHE: node });
    expect(found()).toEqual([true, true, true]);
  });

  it.runIf(isUnix)('is kept nowhere where no folder of the user is known', async () => {
    const place = temporaryFolder();
    for (const environment of [
      {},
      { HOME: 'home' },
      { HOME: join(place, 'missing') },
      { NODE_COMPILE_CACHE: 'here' },
    ])
      expect(await ask(environment)).toMatchObject(answered);
    expect(readdirSync(place)).toEqual([]);
  });
});

it.each(['describe-image.cjs', 'describe-image-emulator.js'])(
  'says which Node %s needs, and loads nothing',
  async (name) => {
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const bin = fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
    const floor = String(engines.node).replace('>=', '');
    for (const [version, exitCode] of [
      ['20.18.3', 2],
      ['18.20.8', 2],
      ['9.11.2', 2],
      [`${floor}.0`, 0],
      ['26.0.0', 0],
    ] as const) {
      const pretend = temporaryFile(
        'old.cjs',
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
      );
      const ran = await execa(process.execPath, ['--require', pretend, bin, '--help'], { reject: false });
      expect(ran.exitCode, version).toBe(exitCode);
      if (exitCode === 0) continue;
      expect(ran.stdout).toBe('');
      expect(ran.stderr.split('\n')).toHaveLength(1);
      expect(ran.stderr).toContain(floor);
    }
  },
);

it.each(['describe-image.cjs', 'describe-image-emulator.js'])(
  'has nothing in %s that Node 10 cannot read',
  async (name) => {
    const source = readFileSync(new URL(`../../bin/${name}`, import.meta.url), 'utf8');
    // https://node.green: optional chaining, ??, catch without a name, numeric separators, private names, ??=, await outside.
    expect(source).not.toMatch(
      /\?\.[a-z[(]|\?\?|\|\|=|&&=|catch \{|\d_\d|[.{]\s*#|^(?:import|export|await)\b/m,
    );
  },
);
