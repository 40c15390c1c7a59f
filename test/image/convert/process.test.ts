import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { build } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { temporaryFile, temporaryFolder } from '../../helpers/files.ts';
import { fixture } from '../../helpers/fixtures.ts';

const path = (url: string) => fileURLToPath(new URL(`../../../${url}`, import.meta.url));

const program = `
import { readFileSync } from 'node:fs';
const [bundle, file, timeoutMs] = process.argv.slice(1);
const { canConvert, canDecode, reencode } = await import(bundle.replace('*', 'convert'));
const { fromMemory } = await import(bundle.replace('*', 'readable'));
const { recognise } = await import(bundle.replace('*', 'recognise'));
const bytes = readFileSync(file);
const format = recognise(bytes);
const options = { name: 'picture', timeoutMs: Number(timeoutMs) };
const failed = ({ message }) => ({ message });
const { mimeType, message } = await reencode(fromMemory(bytes), format, options).catch(failed);
console.log(JSON.stringify({ can: [await canConvert(), await canDecode(format)], mimeType, message }));
`;

interface Circumstances {
  readonly bundle?: 'esm' | 'cjs';
  readonly hasPackages?: boolean;
  readonly timeoutMs?: number;
}

/** Converts a file in a process of its own, by a bundle in a folder with or without packages beside it. */
async function convertElsewhere(file: string, circumstances: Circumstances = {}) {
  const { bundle = 'esm', hasPackages = true, timeoutMs = 60_000 } = circumstances;
  const folder = temporaryFolder();
  const ending = bundle === 'esm' ? 'mjs' : 'cjs';
  await build({
    platform: 'node',
    external: [/^node:/, 'sharp'],
    input: ['convert', 'readable', 'formats/recognise'].map((name) => path(`src/image/${name}.ts`)),
    output: {
      dir: folder,
      format: bundle,
      entryFileNames: `[name].${ending}`,
      chunkFileNames: `[name].${ending}`,
    },
    logLevel: 'silent',
  });
  if (hasPackages) symlinkSync(path('node_modules'), join(folder, 'node_modules'));
  const argv = [pathToFileURL(join(folder, `*.${ending}`)).href, file, String(timeoutMs)];
  const { stdout, stderr } = await execa(
    process.execPath,
    ['--input-type=module', '--eval', program, ...argv],
    { cwd: folder },
  );
  return { ...JSON.parse(stdout), stderr };
}

describe('a program that converts', () => {
  it.each(['esm', 'cjs'] as const)('does so as a bundle of modules of the kind %s', async (bundle) => {
    for (const file of ['images/still.gif', 'images/plain.svg']) {
      const result = await convertElsewhere(fixture(file), { bundle });
      expect(result).toEqual({ can: [true, true], mimeType: 'image/png', stderr: '' });
    }
  });

  it('knows when the package that decodes is not installed', async () => {
    const result = await convertElsewhere(fixture('images/still.gif'), { hasPackages: false });
    expect(result).toEqual({
      can: [false, false],
      message: 'picture: a GIF image, which cannot be decoded here',
      stderr: '',
    });
  });

  it('ends when it has given up a drawing that would take hours', async () => {
    const levels = Array.from(
      { length: 6 },
      (_, level) => `<g id="a${level + 1}" opacity=".9">${`<use href="#a${level}"/>`.repeat(9)}</g>`,
    );
    const endless = `<svg xmlns="http://www.w3.org/2000/svg" width="4096" height="4096"><defs><rect id="a0" width="4096" height="4096"/>${levels.join('')}</defs><use href="#a5"/></svg>`;
    const file = temporaryFile('endless.svg', endless);
    const result = await convertElsewhere(file, { timeoutMs: 1000 });
    expect(result).toMatchObject({ message: 'picture: not decoded within 1 s', stderr: '' });
  });

  it('keeps to itself what the decoder writes to standard error', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1" viewBox="0 0 10 5"/>';
    const result = await convertElsewhere(temporaryFile('wide.svg', svg));
    expect(result.message).toMatch(/^picture: cannot be decoded/);
    expect(result.stderr).toBe('');
  });
});
