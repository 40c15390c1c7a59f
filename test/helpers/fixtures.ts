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
  readonly sendable?: false;
}

export const fixtureImages: readonly FixtureImage[] = JSON.parse(
  readFileSync(fixture('images.json'), 'utf8'),
);
