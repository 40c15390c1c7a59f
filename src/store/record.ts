import { endingOf } from '../result.ts';

/** One line of a journal: an image and what came of it. */
export interface JournalRecord {
  /** 64 hexadecimal digits in lower case that stand for the image's bytes and everything asked about it. */
  readonly key: string;
  /** What the person called the image. */
  readonly image: string;
  /** Whatever else is recorded; with an `error` the image failed, otherwise it was answered. */
  readonly [field: string]: unknown;
}

/** A longer line is none of ours: no answer comes near. */
export const mostLineBytes = 16 * 1024 * 1024;

/** Writes a record as a line, key and image first; throws a `TypeError` for one that could not be read again. */
export function formatRecord({ key, image, ...rest }: JournalRecord): Buffer {
  const record = { key, image, ...rest };
  if (!isRecord(record)) throw new TypeError('a record has a key of 64 hexadecimal digits and an image');
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/** Reads a line without its newline; undefined when it is none of ours. */
export function parseRecord(line: Buffer): JournalRecord | undefined {
  if (holdsTooMuch(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a record is an answer: not a failure, nor what 0.1.0 recorded of an answer that was blocked. */
export function isAnswer({ error, finishReason }: JournalRecord): boolean {
  return (error ?? null) === null && endingOf(finishReason) !== 'blocked';
}

/** Whether the text of an answer was cut off at the token limit. */
export function isCutOff({ finishReason }: JournalRecord): boolean {
  return endingOf(finishReason) === 'cutOff';
}

/** Whether bytes are how a line of ours begins, however short. */
export function isBeginning(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, sampleHead.length);
  return headPattern.test(head + sampleHead.slice(head.length));
}

/** So many bytes that, where they are left over, are taken for a line that was torn. */
export function unfinishedLine(bytes: number): Buffer {
  return Buffer.from(sampleHead.padEnd(bytes));
}

const headPattern = /^\{"key":"[0-9a-f]{64}","image":"$/;
const sampleHead = `{"key":"${'0'.repeat(64)}","image":"`;

function isRecord(value: unknown): value is JournalRecord {
  if (!isObject(value)) return false;
  const { key, image, error, text, finishReason } = value;
  if (typeof key !== 'string' || !keyPattern.test(key) || typeof image !== 'string') return false;
  if ((error ?? null) !== null) return isObject(error);
  return typeof text === 'string' && typeof (finishReason ?? '') === 'string';
}

const keyPattern = /^[0-9a-f]{64}$/;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Ours have three levels. What is nested thousands deep takes all memory to read, and cannot be written again. */
const mostLevels = 32;
/** Ours have some dozens. A line of millions, `[{},{},…`, takes many seconds to read. */
const mostValues = 100_000;

function holdsTooMuch(line: Buffer): boolean {
  let level = 0;
  let values = 0;
  let isText = false;
  for (let index = 0; index < line.length; index += 1) {
    const byte = line[index];
    if (isText) {
      if (byte === backslash) index += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === brace || byte === bracket) {
      level += 1;
      values += 1;
      if (level > mostLevels || values > mostValues) return true;
    } else if (byte === closingBrace || byte === closingBracket) level -= 1;
    else if (byte === comma) {
      values += 1;
      if (values > mostValues) return true;
    }
  }
  return false;
}

const [quote, backslash, bracket, closingBracket, brace, closingBrace, comma] = Buffer.from('"\\[]{},');
