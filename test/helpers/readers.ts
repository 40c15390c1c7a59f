import type { FormatReader } from '../../src/image/formats/image-format.ts';
import { readerOf } from '../../src/image/formats/readers.ts';
import { fixtureImages } from './fixtures.ts';

const found: Record<string, FormatReader> = {};
for (const { mimeType } of fixtureImages) {
  const reader = await readerOf(mimeType);
  if (reader !== undefined) found[mimeType] = reader;
}

/** What reads each format, by its MIME type: loaded, so that a test may use them as often as it likes. */
export const readers: Readonly<Record<string, FormatReader | undefined>> = found;
