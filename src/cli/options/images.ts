import { defaults } from '../../describe-options.ts';
import type { OptionRows } from '../option-row.ts';
import { integer, mimeType, text } from '../values.ts';

/** Where images come from, and what is done to them. */
export const imagesOptions = {
  clipboard: { group: 'Images', help: 'take the image on the clipboard' },
  recursive: { group: 'Images', short: 'r', help: 'look into the folders below a folder, too' },
  filesFrom: {
    group: 'Images',
    argument: 'file',
    parse: text,
    help: 'read names from a list; - is standard input',
  },
  null: { group: 'Images', short: '0', help: 'the names in the list end with NUL' },
  mimeType: {
    group: 'Images',
    argument: 'type',
    parse: mimeType,
    help: 'declare this type, whatever the bytes say',
  },
  noConvert: { group: 'Images', help: 'refuse what the API does not take as it is' },
  maxEdge: {
    group: 'Images',
    argument: 'px',
    parse: integer({ minimum: 1, maximum: 65_535 }),
    help: 'scale down to this longest side',
  },
  stripMetadata: { group: 'Images', help: 'remove EXIF, GPS position, XMP, comments' },
  maxRequestBytes: {
    group: 'Images',
    argument: 'bytes',
    parse: integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    help: `send no larger request (default: ${defaults.maxRequestBytes / 1e6} MB)`,
  },
} as const satisfies OptionRows;
