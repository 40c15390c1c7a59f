import type { Description } from '../describe.ts';
import { formatJson } from '../output/json.ts';
import { formatText } from '../output/text.ts';
import type { Settings } from './settings.ts';

/** What goes to standard output for an answer. */
export function formatAnswer(
  description: Description,
  format: Settings['format'],
  body: () => Uint8Array,
  isTerminal: boolean,
): string | Uint8Array {
  switch (format) {
    case 'text':
      return formatText(description, isTerminal);
    case 'json':
      return formatJson(description);
    case 'raw':
      return body();
  }
}
