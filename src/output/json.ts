import type { Answer, Usage } from '../types.ts';

/** What one JSON object tells of an answer. */
export interface JsonRecord {
  readonly image: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly prompt: string;
  readonly model: string;
  readonly modelVersion: string | null;
  readonly text: string;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly elapsedMs: number;
  readonly warnings: readonly string[];
}

type Described = Answer &
  Pick<JsonRecord, 'image' | 'mimeType' | 'bytes' | 'prompt' | 'model' | 'elapsedMs' | 'warnings'>;

/** One JSON object on one line. Every key is always there; what the API did not say is null. */
export function formatJson(described: Described): string {
  const record: JsonRecord = {
    image: described.image,
    mimeType: described.mimeType,
    bytes: described.bytes,
    prompt: described.prompt,
    model: described.model,
    modelVersion: described.modelVersion ?? null,
    text: described.text,
    finishReason: described.finishReason ?? null,
    usage: described.usage ?? null,
    elapsedMs: Math.round(described.elapsedMs),
    warnings: described.warnings,
  };
  return `${escapeUnprintable(JSON.stringify(record))}\n`;
}

/** JSON leaves DEL, C1 and bidirectional overrides as they are; a terminal would obey them. */
function escapeUnprintable(json: string): string {
  return json.replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
