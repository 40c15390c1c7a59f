import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder that goes away with this process, also on Ctrl-C. */
export function makeTemporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'describe-image-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => process.exit(128 + constants.signals[name]));
  }
  return folder;
}
