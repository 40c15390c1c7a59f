import type { OptionRows } from './row.ts';
import { extension, integer, mimeType, number, text, toggle } from './values.ts';

/** Where images come from, and what is done to them. */
export const imageOptions = {
  clipboard: {
    group: 'Images',
    type: toggle,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'read the image from the clipboard',
  },
  /** Whether subfolders are included; false by default. */
  recursive: { group: 'Images', short: 'r', type: toggle, help: 'include subfolders' },
  filesFrom: {
    group: 'Images',
    argument: 'file',
    type: text,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'read image names from a file; - reads stdin',
  },
  null: {
    group: 'Images',
    short: '0',
    type: toggle,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'names in the list are NUL-terminated',
  },
  /** Overrides the detected type; the image is sent as it is. */
  mimeType: {
    group: 'Images',
    argument: 'type',
    type: mimeType,
    fingerprint: { place: 13 },
    help: 'override the detected type',
  },
  /** Whether formats that the API does not accept are converted, with the package `sharp`; true by default. */
  convert: {
    group: 'Images',
    type: toggle,
    default: true,
    fingerprint: { place: 14 },
    help: 'refuse formats that would need conversion',
  },
  /** Maximum side in pixels: larger images are scaled down, with the package `sharp`. */
  maxEdge: {
    group: 'Images',
    argument: 'px',
    type: integer({ minimum: 1, maximum: 65_535 }),
    fingerprint: { place: 15 },
    help: 'scale down to this maximum side in pixels',
  },
  /** Whether EXIF, GPS location, XMP and comments are removed; pixels are not changed. */
  stripMetadata: {
    group: 'Images',
    type: toggle,
    default: false,
    fingerprint: { place: 16 },
    help: 'remove EXIF, GPS location, XMP and comments',
  },
  /** Maximum request size, and limit for streams and downloads, in bytes; 100,000,000 by default. */
  maxRequestBytes: {
    group: 'Images',
    argument: 'bytes',
    type: integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    // https://ai.google.dev/gemini-api/docs/file-input-methods
    default: 100_000_000,
    help: 'maximum request size (default: 100 MB)',
  },
} as const satisfies OptionRows;

/** Options for many images: speed, and where answers are written. */
export const manyImagesOptions = {
  output: {
    group: 'Many images',
    short: 'o',
    argument: 'file',
    type: text,
    conflicts: ['together', 'json', 'raw'],
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'record answers in a resumable journal',
  },
  sidecar: {
    group: 'Many images',
    argument: '.ext',
    type: extension,
    optional: { fallback: '.txt', pattern: /^\.[\w.-]{1,20}$/ },
    conflicts: ['together', 'json', 'raw'],
    isCommandLineOnly: true,
    isPerRun: true,
    help: 'write answers next to images (default: .txt)',
  },
  overwrite: {
    group: 'Many images',
    type: toggle,
    isCommandLineOnly: true,
    isPerRun: true,
    help: 're-ask existing answers',
  },
  /** Maximum parallel requests; 4 by default. */
  concurrency: {
    group: 'Many images',
    short: 'c',
    argument: 'number',
    type: integer({ minimum: 1, maximum: 256 }),
    default: 4,
    help: 'maximum parallel requests (default: 4)',
  },
  /** Maximum requests that start per minute; no limit by default. */
  requestsPerMinute: {
    group: 'Many images',
    flag: 'rpm',
    argument: 'number',
    type: number({ minimum: 0.1, maximum: 100_000 }),
    help: 'maximum requests per minute',
  },
  /** Whether the first failure ends the run; false by default. */
  failFast: { group: 'Many images', type: toggle, help: 'stop after the first failed image' },
  prices: {
    group: 'Many images',
    argument: 'file',
    type: text,
    isCommandLineOnly: true,
    help: 'JSON file of model prices for cost estimates',
  },
} as const satisfies OptionRows;
