import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file under fixtures/. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

/** One row of fixtures/images.json: what independent tools say of a file. */
export interface FixtureImage {
  readonly file: string;
  readonly mimeType: string;
  readonly width?: number;
  readonly height?: number;
  /** EXIF's number; left out where it is 1. */
  readonly orientation?: number;
  /** Of a HEIC file's `irot` box, in degrees anticlockwise. */
  readonly rotation?: number;
  /** Of its `imir` box: what changes places is top and bottom where it is vertical. */
  readonly mirror?: 'horizontal' | 'vertical';
  readonly sendable?: false;
}

export const fixtureImages: readonly FixtureImage[] = JSON.parse(
  readFileSync(fixture('images.json'), 'utf8'),
);
