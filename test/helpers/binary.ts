import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';

/** The built program. */
export const binary = fileURLToPath(new URL('../../bin/describe-image.cjs', import.meta.url));
const emulatorBinary = fileURLToPath(new URL('../../bin/describe-image-emulator.js', import.meta.url));

/** Starts the built program as a process of its own, with no environment but what is given. */
export function startBinary<const T extends Options>(argv: readonly string[], options: T) {
  return start([process.execPath, binary, ...argv], options);
}

/** The same, in a shell that treats its streams as told, such as `> /dev/full`. */
export function startBinaryInShell<const T extends Options>(
  argv: readonly string[],
  redirection: string,
  options: T,
) {
  return start(
    ['/bin/sh', '-c', `exec "$0" "$@" ${redirection}`, process.execPath, binary, ...argv],
    options,
  );
}

/** Starts the emulator as a process of its own. */
export function startEmulatorBinary<const T extends Options>(argv: readonly string[], options: T) {
  return start([process.execPath, emulatorBinary, ...argv], options);
}

function start<const T extends Options>([file = '', ...argv]: readonly string[], options: T) {
  return execa(file, argv, { reject: false, extendEnv: false, stripFinalNewline: false, ...options });
}
