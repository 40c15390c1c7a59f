import { damaged, type FormatReader } from './image-format.ts';

/** The reader of each format, by MIME type; loaded on demand. */
const readers: Readonly<Record<string, () => Promise<FormatReader>>> = {
  'image/png': async () => (await import('./png.ts')).png,
  'image/jpeg': async () => (await import('./jpeg.ts')).jpeg,
  'image/webp': async () => (await import('./webp.ts')).webp,
  'image/heic': async () => (await import('./heif.ts')).heif,
  'image/heif': async () => (await import('./heif.ts')).heif,
};

/** The reader of a format, guarded against malformed files; undefined where there is none. */
export async function readerOf(mimeType: string): Promise<FormatReader | undefined> {
  const reader = await readers[mimeType]?.();
  return reader && guarded(reader);
}

/** Offsets in an untrusted file may point past its end. */
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
        return undefined; // Malformed or unreadable, which is reported where the image is read.
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
