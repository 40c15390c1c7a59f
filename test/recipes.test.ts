import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { answerWith, startEmulator } from '../src/emulator/index.ts';
import { temporaryFolder } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';

const project = new URL('../', import.meta.url);
const pages = [
  'README.md',
  ...['endpoints', 'exit-codes', 'images', 'json', 'library', 'many-images', 'options'].map(
    (name) => `docs/${name}.md`,
  ),
];
const texts = pages.map((page) => readFileSync(new URL(page, project), 'utf8'));
const blocks = texts.flatMap((text) => [
  ...[...text.matchAll(/```sh\n(.*?)```/gs)].map(([, code = '']) => code),
  ...[...text.matchAll(/^- run: (.*)$/gm)].map(([, code = '']) => code),
]);
const runnable = [...new Set(blocks)].filter((code) => !/\bnpm\b|^describe-image-emulator/.test(code));
const hasTools = existsSync('/bin/bash') && existsSync('/usr/bin/jq');

it('finds the recipes', () => expect(runnable.length).toBeGreaterThanOrEqual(15));

it.runIf(hasTools).each(runnable)('works as it is shown: %s', async (code) => {
  await using emulator = await startEmulator({ otherwise: answerWith('No.') });
  const photos = await serve(readFileSync(fixture('sunset.jpg')));
  const here = code
    .replaceAll('https://example.com', photos)
    .replaceAll(/https:\/\/(?:gateway\.example\/gemini|[\w-]+\.googleapis\.com)/g, emulator.url)
    .replaceAll('http://127.0.0.1:8080', emulator.url);
  const { exitCode, stderr } = await bash(here, kitchen(), emulator.url);
  expect({ exitCode, stderr: code.includes('--verbose') ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const { problem } of emulator.requests) expect(problem).toBeUndefined();
  const lines = code.split('\n').filter((line) => line.includes('describe-image'));
  if (!lines.every((line) => line.includes('--dry-run'))) expect(emulator.requests.length).toBeGreaterThan(0);
});

it.runIf(hasTools)('starts the emulator as it is shown', async () => {
  const shown = blocks.filter((code) => code.startsWith('describe-image-emulator'));
  expect(shown).not.toEqual([]);
  for (const code of shown) {
    const started = bash(`exec ${code.replace('--port 8080', '--port 0')}`, kitchen(), '');
    started.stdout?.once('data', () => started.kill('SIGTERM'));
    const { stdout, exitCode } = await started;
    expect({ stdout, exitCode }).toEqual({
      stdout: expect.stringContaining('http://127.0.0.1:'),
      exitCode: 143,
    });
  }
});

/** Runs a recipe as GitHub does: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions */
function bash(code: string, folder: string, url: string) {
  const env = {
    DISPLAY: ':0',
    PATH: [join(folder, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    GEMINI_API_KEY: 'test-key',
    GOOGLE_GEMINI_BASE_URL: url,
  };
  const options = { cwd: folder, env, extendEnv: false, reject: false } as const;
  return execa('/bin/bash', ['--norc', '-e', '-o', 'pipefail', '-c', code], options);
}

const git = `#!/bin/sh
case $* in
  *-z*) printf 'photo.jpg\\0receipt.png\\0' ;;
  *) echo 'a difference' ;;
esac
`;

/** Serves a picture under every path, and returns where. */
async function serve(picture: Uint8Array): Promise<string> {
  const server = createServer((_request, response) => response.end(picture));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** A folder with everything that the recipes name. */
function kitchen(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'photos'));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['photo.jpg', 'photos/a.jpg', 'photos/b c.jpg'])
    copyFileSync(fixture('sunset.jpg'), join(folder, name));
  for (const name of ['receipt.png', 'chart.png', 'screenshot.png', 'page.png']) {
    copyFileSync(fixture('images/rgb.png'), join(folder, name));
  }
  writeFileSync(join(folder, 'question.txt'), 'Which bar is the tallest?\n');
  for (const name of ['before.png', 'after.png']) copyFileSync(fixture('images/rgb.png'), join(folder, name));
  writeFileSync(join(folder, 'bin/git'), git, { mode: 0o755 });
  const xclip = `#!/bin/sh\ncase $* in\n  *TARGETS*) echo image/png ;;\n  *) cat '${folder}/screenshot.png' ;;\nesac\n`;
  writeFileSync(join(folder, 'bin/xclip'), xclip, { mode: 0o755 });
  writeFileSync(join(folder, 'bin/gcloud'), '#!/bin/sh\necho token-of-a-test\n', { mode: 0o755 });
  for (const [name, file] of Object.entries({
    'describe-image': 'bin/describe-image.cjs',
    'describe-image-emulator': 'bin/describe-image-emulator.js',
  }))
    symlinkSync(fileURLToPath(new URL(file, project)), join(folder, 'bin', name));
  return folder;
}
