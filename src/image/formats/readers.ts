import { damaged, type FormatReader } from './image-format.ts';

/** What reads the structure of each format, by its MIME type; loaded when there is such an image. */
const readers: Readonly<Record<string, () => Promise<FormatReader>>> = {
  'image/png': async () => (await import('./png.ts')).png,
  'image/jpeg': async () => (await import('./jpeg.ts')).jpeg,
  'image/webp': async () => (await import('./webp.ts')).webp,
  'image/heic': async () => (await import('./heif.ts')).heif,
  'image/heif': async () => (await import('./heif.ts')).heif,
};

/** What reads the structure of a format, guarded against what its bytes may say; undefined for a format that none does. */
export async function readerOf(mimeType: string): Promise<FormatReader | undefined> {
  const reader = await readers[mimeType]?.();
  return reader && guarded(reader);
}

/** Numbers of a foreign file may lie past its end. */
function guarded({ measure, endsAt, strip }: FormatReader): FormatReader {
  return {
    measure: (image) => {
      const dimensions = orElse(() => measure(image));
      return dimensions && dimensions.width > 0 && dimensions.height > 0 ? dimensions : undefined;
    },
    endsAt: (image) => {
      try {
        return endsAt(image);
      } catch {
        return undefined; // It does not follow its format, or cannot be read: others say so, and better.
      }
    },
    strip: strip && ((image, draft) => orElse(() => strip(image, draft), damaged)),
  };
}

function orElse<T>(read: () => T, fail?: () => Error): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (fail) throw fail();
    return undefined;
  }
}
