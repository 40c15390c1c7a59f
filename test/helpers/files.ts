import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fixture } from './fixtures.ts';

/** A new folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'describe-image-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new file of that name in a folder of its own, gone after the test; returns its path. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** A new folder of so many images, `0.png` and so on, each with other bytes and the same picture; gone after the test. */
export function folderOf(count: number): string {
  const folder = temporaryFolder();
  const picture = readFileSync(fixture('images/rgb.png'));
  for (let index = 0; index < count; index += 1) {
    // What follows a PNG’s end makes another file of it.
    writeFileSync(
      join(folder, `${index}.png`),
      Buffer.concat([picture, Buffer.from(`${index} of ${count}`)]),
    );
  }
  return folder;
}

/** Reads what is open to be read as a stream, to its end. */
export async function readAll({ open }: { open(): AsyncIterable<Uint8Array> }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const piece of open()) chunks.push(Buffer.from(piece));
  return Buffer.concat(chunks);
}
