import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';

const binary = fileURLToPath(new URL('../../bin/describe-image.js', import.meta.url));
const emulatorBinary = fileURLToPath(new URL('../../bin/describe-image-emulator.js', import.meta.url));

/** Starts the built program as a process of its own, with no environment but what is given. */
export function startBinary<const T extends Options>(argv: readonly string[], options: T) {
  return start(binary, argv, options);
}

/** The same for the emulator. */
export function startEmulatorBinary<const T extends Options>(argv: readonly string[], options: T) {
  return start(emulatorBinary, argv, options);
}

function start<const T extends Options>(path: string, argv: readonly string[], options: T) {
  const ours = { reject: false, extendEnv: false, stripFinalNewline: false } as const;
  return execa(process.execPath, [path, ...argv], { ...ours, ...options });
}
