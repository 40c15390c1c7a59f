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

/** A decoded image: 8 bits per channel, sRGB or gray, upright, in rows from the top without gaps. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** Drops an alpha channel that says nothing is transparent. */
export function withoutOpaqueAlpha(pixels: Pixels): Pixels {
  const { data, channels } = pixels;
  if (channels === 1 || channels === 3) return pixels;
  for (let at = channels - 1; at < data.length; at += channels) if (data[at] !== 255) return pixels;
  const colours = channels === 2 ? 1 : 3;
  const opaque = Buffer.allocUnsafe((data.length / channels) * colours);
  for (let from = 0, to = 0; from < data.length; from += channels) {
    for (let colour = 0; colour < colours; colour += 1) opaque[to++] = data[from + colour] ?? 0;
  }
  return { ...pixels, data: opaque, channels: colours };
}

/** Whether something of the image may be transparent. */
export function hasAlpha({ channels }: Pixels): boolean {
  return channels === 2 || channels === 4;
}

/** Whether all pixels are the same. */
export function isUniform({ data, channels }: Pixels): boolean {
  return data.subarray(channels).equals(data.subarray(0, -channels));
}
