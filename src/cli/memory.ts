/** From here on a request takes long enough for V8 to adapt to it. */
const largeRequestBytes = 1_000_000;

/**
 * Keeps memory flat while a large request is streamed; told of each piece. Two habits of V8 would let it grow with the
 * image: its optimizing compiler takes 5 MiB when it first runs, and its young generation doubles while short-lived
 * pieces are in flight. Neither makes anything faster here, where the network and native code do the work.
 * See https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
export function createMemoryGuard(): (totalBytes: number) => void {
  let isOn = false;
  return (totalBytes) => {
    if (isOn || totalBytes < largeRequestBytes) return;
    isOn = true;
    void import('node:v8').then(({ setFlagsFromString }) => {
      for (const flag of ['--no-opt', '--semi-space-growth-factor=1']) setFlagsFromString(flag);
    });
  };
}

/**
 * Keeps memory flat over many images: V8 would let both generations grow several times over what is alive, since each image
 * leaves short-lived pieces behind, and 10,000 of them took 65 MiB more than 100; so it is 15. The compiler stays: here it
 * pays.
 */
export async function limitMemory(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=20']) setFlagsFromString(flag);
}
