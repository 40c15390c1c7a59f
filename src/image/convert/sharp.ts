import { createRequire } from 'node:module';

export type Sharp = typeof import('sharp').default;

/**
 * Loads the package that decodes and encodes; undefined where it is not installed, or not for this system. By `require`,
 * which takes Node 20 little more than half the time of `import`.
 */
export function loadSharp(): Sharp | undefined {
  try {
    const sharp: Sharp = createRequire(import.meta.url)('sharp');
    sharp.cache(false); // Every image is seen once.
    return sharp;
  } catch {
    return undefined;
  }
}

/** What this build of the package decodes from memory, with the file name extensions of each. */
export function decodableFormats(sharp: Sharp | undefined): Record<string, readonly string[]> {
  const formats: Readonly<Record<string, Decoder>> = { ...sharp?.format };
  const decodable = Object.entries(formats).filter(([, { input }]) => input.buffer);
  return Object.fromEntries(decodable.map(([name, { input }]) => [name, input.fileSuffix ?? []]));
}

interface Decoder {
  readonly input: { readonly buffer: boolean; readonly fileSuffix?: readonly string[] };
}
