import { decodeUtf8 } from '../api/json.ts';
import { redactJson, redactValue } from '../api/redact.ts';
import { escapeUnprintable, formatJson } from '../report/json.ts';
import { formatText } from '../report/text.ts';
import type { JointDescription } from '../types.ts';
import type { Settings } from './settings.ts';

/** What goes to standard output for an answer. */
export function formatAnswer(
  description: JointDescription,
  { format, images, question: { apiKey } }: Pick<Settings, 'format' | 'images' | 'question'>,
  body: Uint8Array,
  isTerminal: boolean,
): string | Uint8Array {
  switch (format) {
    case 'text':
      return formatText(description, isTerminal);
    case 'json':
      return formatJson(redactValue(description, apiKey), images.isTogether);
    case 'raw':
      return isTerminal ? shownBody(body, apiKey) : rawBody(body, apiKey);
  }
}

/** Untouched, but for a key that a server echoes: as Latin-1 every byte stays what it is. */
function rawBody(body: Uint8Array, apiKey: string): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const shown = redactJson(text, apiKey);
  return shown === text ? body : Buffer.from(shown, 'latin1');
}

/** The same JSON with nothing in it that a terminal would obey. */
function shownBody(body: Uint8Array, apiKey: string): string {
  return escapeUnprintable(redactJson(decodeUtf8(body), apiKey));
}
