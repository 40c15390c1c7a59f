import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { answerWith, startEmulator } from '../src/emulator/index.ts';
import { temporaryFolder } from './helpers/files.ts';
import { fixture } from './helpers/fixtures.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, recipes = ''] = readme.split(/^## (?:Recipes|What goes where)$/m);
const shells = [...recipes.matchAll(/```sh\n(.*?)```/gs)].map(([, code = '']) => code);
const steps = [...recipes.matchAll(/^- run: (.*)$/gm)].map(([, code = '']) => code);
const blocks = [...shells, ...steps];
// Gateways that are not here, and servers that do not end.
const runnable = blocks.filter((code) => !/gateway\.example|gcloud|8080/.test(code));
const hasTools = existsSync('/bin/bash') && existsSync('/usr/bin/jq');

it('finds the recipes', () => expect(runnable.length).toBeGreaterThanOrEqual(5));

it.runIf(hasTools).each(runnable)('works as the README shows it: %s', async (code) => {
  const folder = kitchen();
  await using emulator = await startEmulator({ otherwise: answerWith('No.') });
  const photos = await serve(readFileSync(fixture('sunset.jpg')));
  const env = {
    DISPLAY: ':0',
    PATH: [join(folder, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    GEMINI_API_KEY: 'test-key',
    GOOGLE_GEMINI_BASE_URL: emulator.url,
  };
  const options = { cwd: folder, env, extendEnv: false, reject: false } as const;
  // As GitHub runs it: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
  const { exitCode, stderr } = await execa(
    '/bin/bash',
    ['--norc', '-e', '-o', 'pipefail', '-c', code.replaceAll('https://example.com', photos)],
    options,
  );
  expect({ exitCode, stderr: code.includes('--verbose') ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const { problem } of emulator.requests) expect(problem).toBeUndefined();
  if (!code.includes('--dry-run')) expect(emulator.requests.length).toBeGreaterThan(0);
});

const git = `#!/bin/sh
case $* in
  *--name-only*-z*) printf 'photo.jpg\\0receipt.png\\0' ;;
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
  symlinkSync(
    fileURLToPath(new URL('../bin/describe-image.cjs', import.meta.url)),
    join(folder, 'bin/describe-image'),
  );
  return folder;
}
