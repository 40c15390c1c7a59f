import type { Answer, Usage } from '../types.ts';

/** An image, as JSON tells of it; what is not known is null. */
interface ImageRecord {
  readonly image: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly orientation: number | null;
  readonly changes: readonly string[];
}

interface AnswerRecord {
  readonly prompt: string;
  readonly model: string;
  readonly modelVersion: string | null;
  readonly text: string;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly elapsedMs: number;
  readonly warnings: readonly string[];
}

/** What one JSON object tells: of an answer about one image, or about several together. */
export type JsonRecord = (ImageRecord | { readonly images: readonly ImageRecord[] }) & AnswerRecord;

interface Sent extends Pick<ImageRecord, 'image' | 'mimeType' | 'bytes' | 'changes'> {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly orientation?: number | undefined;
}

interface Described extends Answer, Pick<AnswerRecord, 'prompt' | 'model' | 'elapsedMs' | 'warnings'> {
  readonly images: readonly Sent[];
}

/**
 * One JSON object on one line. Every key is always there; what is not known is null.
 *
 * @param isTogether whether the images stand in a list, even if there is only one
 */
export function formatJson(described: Described, isTogether: boolean): string {
  return formatJsonLine(answerRecord(described, isTogether));
}

/** The same as an object. */
export function answerRecord(described: Described, isTogether: boolean): JsonRecord {
  const images = described.images.map(imageRecord);
  const [first] = images;
  return {
    ...(isTogether || first === undefined ? { images } : first),
    prompt: described.prompt,
    model: described.model,
    modelVersion: described.modelVersion ?? null,
    text: described.text,
    finishReason: described.finishReason ?? null,
    usage: described.usage ?? null,
    elapsedMs: Math.round(described.elapsedMs),
    warnings: described.warnings,
  };
}

function imageRecord({ image, mimeType, bytes, width, height, orientation, changes }: Sent): ImageRecord {
  return {
    image,
    mimeType,
    bytes,
    width: width ?? null,
    height: height ?? null,
    orientation: orientation ?? null,
    changes,
  };
}

/** What JSON tells of an image that failed. */
export interface FailureRecord {
  /** Left out of several that were asked about together. */
  readonly image?: string | undefined;
  readonly prompt: string;
  readonly model: string;
  readonly error: {
    readonly kind: string;
    readonly message: string;
    readonly hint: string | null;
    /** HTTP status, where there was a reply. */
    readonly status: number | null;
    /** What came of an answer before it was blocked. */
    readonly partialText: string | null;
  };
}

/** One JSON object on one line, as for an answer. */
export function formatJsonLine(record: object): string {
  return `${escapeUnprintable(JSON.stringify(record))}\n`;
}

/** JSON leaves DEL, C1, bidirectional overrides and carriage returns as they are; a terminal would obey them. */
export function escapeUnprintable(json: string): string {
  // Outside of strings, where alone it can be in JSON, a carriage return is a line end.
  return json
    .replace(/\r\n?/g, '\n')
    .replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, escaped);
}

function escaped(characters: string): string {
  let text = '';
  for (let at = 0; at < characters.length; at += 1) text += spellingOf(characters.charCodeAt(at));
  return text;
}

const spellings = new Map<number, string>();

function spellingOf(unit: number): string {
  const known = spellings.get(unit);
  if (known !== undefined) return known;
  const spelling = `\\u${unit.toString(16).padStart(4, '0')}`;
  spellings.set(unit, spelling);
  return spelling;
}
