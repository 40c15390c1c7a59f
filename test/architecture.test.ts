import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** Who may import whom; the same table stands in ARCHITECTURE.md. A name with a slash is one file, else a room. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  version: [],
  printable: [],
  sentence: [],
  errors: ['sentence'],
  result: ['errors'],
  options: ['errors', 'sentence'],
  http: ['errors', 'sentence'],
  api: ['http', 'options', 'result', 'errors', 'sentence', 'printable', 'version'],
  image: ['http', 'errors', 'sentence', 'printable'],
  store: ['image', 'result', 'errors', 'sentence', 'printable'],
  report: ['engine', 'result', 'errors', 'sentence', 'printable'],
  engine: ['api', 'http', 'image', 'store', 'options', 'result', 'errors', 'sentence', 'printable'],
  index: ['engine', 'image', 'http', 'options', 'result', 'errors', 'sentence'],
  cli: [
    'engine',
    'store',
    'image',
    'http',
    'api',
    'report',
    'options',
    'result',
    'errors',
    'sentence',
    'printable',
    'version',
  ],
  emulator: ['api/tokens', 'image/formats/recognise', 'image/formats/readers'],
};

/** Outside packages, each with one home. */
const homes: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli/program.ts'],
  chalk: ['cli/notices.ts'],
  ora: ['cli/spinner.ts'],
  execa: ['image/clipboard/run-program.ts'],
  'http-proxy-agent': ['http/proxy.ts'],
  'https-proxy-agent': ['http/proxy.ts'],
  'mime-types': ['image/unsendable.ts'],
  'proxy-from-env': ['cli/io.ts'],
  sharp: ['image/convert/sharp.ts'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));
const imports: readonly Import[] = files.flatMap((from) => importsOf(from).map((to) => ({ from, to })));

describe('the house', () => {
  it('has only the rooms of the table', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(mayImport).sort());
  });

  it('has no import that the table does not allow', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!to.endsWith('.ts') || roomOf(from) === roomOf(to)) return false;
      const allowed = mayImport[roomOf(from)] ?? [];
      return !allowed.includes(roomOf(to)) && !allowed.includes(to.replace(/\.ts$/, ''));
    });
    expect(wrong).toEqual([]);
  });

  it('has no cycles', () => {
    const targets = (file: string) => imports.filter(({ from }) => from === file).map(({ to }) => to);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, `a cycle: ${[...path, file].join(' → ')}`).not.toContain(file);
      if (done.has(file)) return;
      for (const target of targets(file)) if (target.endsWith('.ts')) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it('gives each package one home', () => {
    const outside = imports.filter(({ to }) => !to.endsWith('.ts') && !to.startsWith('node:'));
    const seen: Record<string, string[]> = {};
    for (const { from, to } of outside) seen[to] = [...new Set([...(seen[to] ?? []), from])];
    expect(seen).toEqual(homes);
  });

  it('touches the process in cli/io.ts alone, and where the one that decodes is started and runs', () => {
    const touching = files.filter((file) =>
      /(?<![\w.-])(?:globalThis\??\.)?process(?=[.?[)])|'node:process'/.test(codeOf(file)),
    );
    expect(touching.sort()).toEqual(['cli/io.ts', 'image/convert/decoder.ts', 'image/decode-process.ts']);
  });

  it('shows the same table in ARCHITECTURE.md', () => {
    const text = readFileSync(new URL('../ARCHITECTURE.md', import.meta.url), 'utf8');
    for (const [room, allowed] of Object.entries(mayImport)) {
      const names = allowed.length === 0 ? 'nothing' : allowed.map((name) => `\`${name}\``).join(', ');
      expect(text).toContain(`| \`${room}\` | ${names} |`);
    }
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(source, '../package.json'), 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...devDependencies }))
      expect(text).toContain(`| \`${name}\` |`);
  });
});

/** The first folder, or the file itself where it stands in none. */
function roomOf(file: string): string {
  return file.replace(/\/.*$/, '').replace(/\.ts$/, '');
}

function importsOf(file: string): string[] {
  const found = codeOf(file).matchAll(/(?:\bfrom|\bimport\(?)\s*'([^']+)'/g);
  return [...found].map(([, name = '']) => {
    if (!name.startsWith('.')) return name;
    return relative(source, join(source, dirname(file), name)).replaceAll('\\', '/');
  });
}

/** A file without its comments. */
function codeOf(file: string): string {
  return readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
}
