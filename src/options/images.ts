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
  /** Whether folders below a folder are searched, too. */
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
  /** Declares this type instead of the one the bytes show, and sends the image as it is. */
  mimeType: {
    group: 'Images',
    argument: 'type',
    type: mimeType,
    fingerprint: { place: 13 },
    help: 'override the detected type',
  },
  /** Whether a format that the API does not take is converted, with the package `sharp`; true unless given. */
  convert: {
    group: 'Images',
    type: toggle,
    default: true,
    fingerprint: { place: 14 },
    help: 'refuse formats that would need conversion',
  },
  /** The longest side in pixels: what is larger is scaled down, with the package `sharp`. */
  maxEdge: {
    group: 'Images',
    argument: 'px',
    type: integer({ minimum: 1, maximum: 65_535 }),
    fingerprint: { place: 15 },
    help: 'scale down to this maximum side in pixels',
  },
  /** Whether EXIF, GPS location, XMP and comments are removed; the picture itself stays as it is. */
  stripMetadata: {
    group: 'Images',
    type: toggle,
    default: false,
    fingerprint: { place: 16 },
    help: 'remove EXIF, GPS location, XMP and comments',
  },
  /** A larger request is not sent, and no more of a stream or a download is read; 100,000,000 unless given. */
  maxRequestBytes: {
    group: 'Images',
    argument: 'bytes',
    type: integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    // https://ai.google.dev/gemini-api/docs/file-input-methods
    default: 100_000_000,
    help: 'maximum request size (default: 100 MB)',
  },
} as const satisfies OptionRows;

/** How many images are asked about at once, and where answers are kept. */
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
  /** Requests at once, at most; 4 unless given. */
  concurrency: {
    group: 'Many images',
    short: 'c',
    argument: 'number',
    type: integer({ minimum: 1, maximum: 256 }),
    default: 4,
    help: 'maximum parallel requests (default: 4)',
  },
  /** The most requests that start in a minute; no limit unless given. */
  requestsPerMinute: {
    group: 'Many images',
    flag: 'rpm',
    argument: 'number',
    type: number({ minimum: 0.1, maximum: 100_000 }),
    help: 'maximum requests per minute',
  },
  /** Whether the first failure ends the run. */
  failFast: { group: 'Many images', type: toggle, help: 'stop after the first failed image' },
  prices: {
    group: 'Many images',
    argument: 'file',
    type: text,
    isCommandLineOnly: true,
    help: 'JSON file of model prices for cost estimates',
  },
} as const satisfies OptionRows;
