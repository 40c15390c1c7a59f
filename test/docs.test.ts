import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { precedence } from '../src/cli/batch-ending.ts';
import { environmentRows } from '../src/cli/help.ts';
import { type Emulator, faults, honest, runEmulator } from '../src/emulator/index.ts';
import type { DescribeImagesOptions, Failure, FailureKind, LibraryOptions } from '../src/index.ts';
import { spellingsOf } from '../src/options/parse.ts';
import { optionTable, rowsOf } from '../src/options/table.ts';
import { version } from '../src/version.ts';
import { useEmulator } from './helpers/emulator.ts';
import { temporaryFile, temporaryFolder } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';
import { runProgram } from './helpers/program.ts';
import {
  environmentReference,
  exitCodesReference,
  markdownTable,
  optionsReference,
  precedenceReference,
} from './helpers/reference.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string) => readFileSync(join(project, name), 'utf8');
const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md'],
  ...readdirSync(join(project, 'docs')).map((name) => `docs/${name}`),
];

describe('generated parts, which npm run docs writes', () => {
  it('has the exit codes of the program', async () => {
    await expectParts('README.md', { 'exit codes': exitCodesReference() });
    const parts = { 'exit codes': exitCodesReference(), precedence: precedenceReference(precedence) };
    await expectParts('docs/exit-codes.md', parts);
  });

  it('has every option and variable in docs/options.md', async () => {
    const parts = { options: optionsReference(), environment: environmentReference() };
    await expectParts('docs/options.md', parts);
  });

  it('has the help and the faults of the emulator in docs/emulator.md', async () => {
    let stdout = '';
    const io = { stdout: { write: (text: string) => (stdout = text) }, stderr: { write: () => undefined } };
    await runEmulator(['--help'], { ...io, signal: AbortSignal.abort() });
    const rows = Object.entries(faults).map(([name, { about }]) => [`\`${name}\``, about]);
    const table = markdownTable(['fault', 'what it simulates'], rows);
    await expectParts('docs/emulator.md', { 'emulator help': `\`\`\`text\n${stdout}\`\`\``, faults: table });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('the help', () => {
  it('has every option on one line, and every variable', async () => {
    const { stdout } = await runProgram(['--help']);
    for (const [name, row] of rowsOf(optionTable)) {
      expect(row.help.length, name).toBeLessThanOrEqual(48);
      expect(stdout).toContain(` ${row.help}\n`);
    }
    for (const [variable] of environmentRows()) expect(stdout).toContain(variable);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('is one screen of 24 lines in short', async () => {
    const { stdout } = await runProgram(['-h']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

it('names only options that exist', () => {
  const known = new Set([
    ...spellingsOf().map(({ flag }) => flag),
    ...[
      '--help',
      '--version',
      '--api-key',
      '--port',
      '--host',
      '--key',
      '--body-limit',
      '--answer',
      '--fault',
    ],
    ...['--times', '--forever', '--delay', '--stream-delay', '--list-faults'],
  ]);
  for (const page of pages) {
    // Options of npm, git and others stand on lines that name these.
    const lines = read(page)
      .split('\n')
      .filter((line) => !/\bnpm\b|--omit|\bvitest\b|-- many/.test(line));
    const text = lines.join('\n').replaceAll(/\bgit diff[^|\n]*/g, '');
    const named = [...text.matchAll(/(?<![\w-])--[a-z][a-zA-Z-]+(?!-)\b/g)].map(([flag]) => flag);
    const unknown = named.filter((flag) => !known.has(flag));
    expect(unknown, page).toEqual([]);
  }
});

it('links only to pages and headings that exist', () => {
  for (const page of pages) {
    const links = [...read(page).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links.filter((link) => {
      const [path = '', heading] = link.split('#');
      const target = path === '' ? page : posix.join(posix.dirname(page), path);
      if (!existsSync(join(project, target))) return true;
      return heading !== undefined && !headingsOf(read(target)).includes(heading);
    });
    expect(broken, page).toEqual([]);
  }
});

it('links every page of docs/ in the README', () => {
  for (const page of pages.filter((name) => name.startsWith('docs/')))
    expect(read('README.md')).toContain(`](${page})`);
});

describe('docs/json.md', () => {
  const emulator = useEmulator();
  const page = read('docs/json.md');
  const photo = fixture('sunset.jpg');
  const exampleOf = (name: string): object =>
    JSON.parse(page.split(`<!-- example ${name} -->\n\`\`\`json\n`)[1]?.split('```')[0] ?? '');

  it('shows the keys of an answer, in their order', async () => {
    emulator.enqueue(honest);
    const shown = exampleOf('answered');
    expect(shapeOf(shown)).toEqual(shapeOf(await jsonOf(emulator, photo)));
  });

  it('shows the keys of several images together', async () => {
    emulator.enqueue(honest);
    const shown = exampleOf('together');
    expect(keysOf(shown)).toEqual(keysOf(await jsonOf(emulator, photo, photo, '--together')));
  });

  it('shows the keys of a failure', async () => {
    const ran = await jsonOf(emulator, temporaryFile('notes.txt', 'text\n'));
    expect(shapeOf(exampleOf('failed'))).toEqual(shapeOf(ran));
  });

  it('shows the keys of an answer that was blocked partway', async () => {
    emulator.enqueue(faults['blocked-midway'].reply);
    expect(shapeOf(exampleOf('blocked'))).toEqual(shapeOf(await jsonOf(emulator, photo)));
  });

  it('shows the keys of a line in a journal', async () => {
    emulator.enqueue(honest);
    const journal = join(temporaryFolder(), 'answers.jsonl');
    await ask(emulator, photo, '-o', journal);
    expect(keysOf(exampleOf('journal'))).toEqual(keysOf(JSON.parse(readFileSync(journal, 'utf8'))));
  });

  it('describes every field', () => {
    const described = firstCells(page, 'fields');
    const shown = ['answered', 'failed', 'blocked'].map(exampleOf).flatMap((each) => pathsOf(each));
    expect(described.toSorted()).toEqual([...new Set(shown)].toSorted());
  });
});

describe('docs/library.md', () => {
  it('describes every option that is no setting', () => {
    const others = {
      ...{ apiKey: '', signal: '', proxy: '', proxyFor: '', agent: '' },
      ...{ onWarning: '', onRetry: '', onUpload: '', onDownload: '', onReply: '' },
    } satisfies Record<Exclude<keyof DescribeImagesOptions, keyof LibraryOptions>, ''>;
    const described = firstCells(read('docs/library.md'), 'library options');
    expect(described.toSorted()).toEqual(Object.keys(others).toSorted());
  });

  it('describes every kind of error, and its own fields', () => {
    const own = {
      usage: [],
      image: ['retryable', 'retryAfterMs'],
      credential: [],
      api: ['apiStatus', 'retryable', 'retryAfterMs', 'concernsAll', 'isTooLarge'],
      network: ['code', 'retryable'],
      'no-answer': ['reason', 'partialText', 'retryable'],
      output: [],
      aborted: [],
    } satisfies { readonly [Kind in FailureKind]: readonly (keyof Extract<Failure, { kind: Kind }>)[] };
    const rows = tableOf(read('docs/library.md'), 'errors').map(([kind = '', , , fields = '']) => [
      unquoted(kind),
      [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field),
    ]);
    expect(Object.fromEntries(rows)).toEqual(own);
  });
});

it('shows TypeScript that compiles', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(project, join(folder, 'node_modules/describe-image'), 'junction');
  symlinkSync(join(project, 'node_modules/@types'), join(folder, 'node_modules/@types'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const blocks = pages.flatMap((page) =>
    [...read(page).matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code),
  );
  const names = blocks.map((code, index) => {
    writeFileSync(join(folder, `${index}.ts`), code);
    return `${index}.ts`;
  });
  expect(names.length).toBeGreaterThanOrEqual(7);
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--types', 'node'];
  const compiler = join(project, 'node_modules/typescript/bin/tsc');
  const ran = await execa(process.execPath, [compiler, ...options, ...names], { cwd: folder, reject: false });
  expect({ stdout: ran.stdout, exitCode: ran.exitCode }).toEqual({ stdout: '', exitCode: 0 });
});

it('shows prices that the program reads', async () => {
  const [, example = ''] = read('docs/many-images.md').split('<!-- prices -->\n```json\n');
  const prices = temporaryFile('prices.json', example.split('```')[0] ?? '');
  const argv = [fixture('images/rgb.png'), fixture('sunset.jpg'), '--dry-run', '--prices', prices];
  const environment = { GEMINI_API_KEY: 'test-key' };
  expect(await runProgram(argv, { environment })).toMatchObject({ exitCode: 0, stderr: '' });
});

it('names a test that exists for every guarantee of SECURITY.md', () => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter((line) => /^\| (?!guarantee|---)/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const tests = [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    expect(tests, row).not.toEqual([]);
    expect(
      tests.filter((path) => !path.startsWith('test/') || !existsSync(join(project, path))),
      row,
    ).toEqual([]);
  }
});

it('is the same version everywhere', () => {
  expect(JSON.parse(read('package.json')).version).toBe(version);
  const lock = JSON.parse(read('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
  expect(read('CHANGELOG.md')).toContain(`## ${version}`);
  expect(read('README.md')).toContain(`describe-image-${version}.tgz`);
});

/** Compares a page with what its generated parts should be; each stands between two marks. */
async function expectParts(page: string, parts: Readonly<Record<string, string>>): Promise<void> {
  let text = read(page);
  for (const [mark, content] of Object.entries(parts)) {
    const [before = '', rest] = text.split(`<!-- ${mark} -->\n`);
    const after = rest?.split(`<!-- /${mark} -->`)[1];
    text = `${before}<!-- ${mark} -->\n${content}\n<!-- /${mark} -->${after}`;
  }
  await expect(text).toMatchFileSnapshot(join(project, page));
}

/** The cells of the rows of a table between two marks. */
function tableOf(text: string, mark: string): string[][] {
  const [, part = ''] = text.split(`<!-- ${mark} -->\n`);
  const lines = (part.split(`<!-- /${mark} -->`)[0] ?? '').trim().split('\n').slice(2);
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

function firstCells(text: string, mark: string): string[] {
  return tableOf(text, mark).map(([cell = '']) => unquoted(cell));
}

function unquoted(cell: string): string {
  return cell.replaceAll('`', '');
}

/** As GitHub names them in links. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

async function ask({ url }: Emulator, ...argv: string[]) {
  const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: url };
  return runProgram([...argv, '-p', 'what is this?'], { environment });
}

async function jsonOf(emulator: Emulator, ...argv: string[]): Promise<object> {
  return JSON.parse((await ask(emulator, ...argv, '--json')).stdout);
}

function keysOf(value: object): string[] {
  return Object.keys(value);
}

/** Keys in their order, those of objects within it too, and of the first item of a list. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return null;
  return Object.entries(value).map(([key, field]) => [key, shapeOf(field)]);
}

/** `images[].bytes`, for example. */
function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, field]) => {
    const path = `${prefix}${key}`;
    if (Array.isArray(field)) {
      const [first] = field;
      return [path, ...(typeof first === 'object' ? pathsOf(first, `${path}[].`) : [])];
    }
    return [path, ...(typeof field === 'object' && field !== null ? pathsOf(field, `${path}.`) : [])];
  });
}
