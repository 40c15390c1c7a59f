import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { endingOf } from '../result.ts';
import type { Known } from './store.ts';

/** A line of a journal: an image and its result. */
export interface JournalRecord {
  /** 64 hexadecimal digits in lower case that stand for the image's bytes and everything asked about it. */
  readonly key: string;
  /** What the person called the image. */
  readonly image: string;
  /** The result as `--json` prints it, or as version 0.1.0 did; with an `error` the image failed. */
  readonly [field: string]: unknown;
}

/** Writes a record as a line, key and image first. Throws a `TypeError` for one that could not be read again. */
export function formatRecord({ key, image, ...rest }: JournalRecord): Buffer {
  const record = { key, image, ...rest };
  if (!isRecord(record)) throw new TypeError('a record has a key of 64 hexadecimal digits and an image');
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/** Reads a line without its newline; undefined where it is not a record. */
export function parseRecord(line: Buffer): JournalRecord | undefined {
  if (holdsTooMuch(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a record is an answer: neither a failure nor a blocked fragment, which 0.1.0 recorded as an answer. */
export function holdsAnswer({ error, finishReason }: JournalRecord): boolean {
  return (error ?? null) === null && endingOf(finishReason) !== 'blocked';
}

/** Bytes that the next run removes as a partial line, if this one cannot. */
export function unfinishedLine(bytes: number): Buffer {
  return Buffer.from(sampleHead.padEnd(bytes));
}

/** In bytes; no answer comes near. */
export const maxLineBytes = 16 * 1024 * 1024;

/** Which images have an answer, and where in the file it is. Holds some 150 bytes for each, no names and no answers. */
export type AnswerIndex = ReturnType<typeof createIndex>;

/** Creates an empty index. */
export function createIndex() {
  const pairs = new Set<string>();
  const offsets = new Map<string, number>();
  const cutOff = new Set<string>();
  const failures = new Map<string, string>();
  return {
    /** Whether the image of this name has an answer under this key. */
    has: (key: string, image: string) => pairs.has(digestOf(key + image)),
    /** What is known of the latest answer under a key, whatever the image was called; undefined where there is none. */
    look: (key: string): Known | undefined =>
      offsets.has(packed(key)) ? { isCutOff: cutOff.has(packed(key)) } : undefined,
    /** Where the line of that answer starts, in bytes. */
    offsetOf: (key: string) => offsets.get(packed(key)),
    /** Whether the latest line of this image and key records the same failure. */
    hasFailure: (record: JournalRecord) =>
      failures.get(digestOf(record.key + record.image)) === failureOf(record),
    /** Adds a line. A failure does not supersede an answer. */
    add(record: JournalRecord, offset: number): void {
      const pair = digestOf(record.key + record.image);
      if (!holdsAnswer(record)) {
        failures.set(pair, failureOf(record));
        return;
      }
      failures.delete(pair);
      pairs.add(pair);
      offsets.set(packed(record.key), offset);
      if (endingOf(record.finishReason) === 'cutOff') cutOff.add(packed(record.key));
      else cutOff.delete(packed(record.key));
    },
    /** Forgets all answers. */
    clear(): void {
      pairs.clear();
      offsets.clear();
    },
  };
}

/**
 * Reads a journal into an index. Resolves with the end of the last whole line, in bytes, and whether only its newline is
 * missing. Throws a `UsageError` with the number of the first line that is not a record.
 */
export async function readJournal(file: FileHandle, name: string, index: AnswerIndex): Promise<JournalEnd> {
  let number = 0;
  let end = 0;
  for await (const { bytes, offset, isComplete } of readLines(file)) {
    number += 1;
    const text = isComplete ? bytes : withoutZeros(bytes);
    const record = bytes.length > maxLineBytes ? undefined : parseRecord(text);
    if (record !== undefined) index.add(record, offset);
    else if (isComplete || bytes.length > maxLineBytes || !isPartialRecord(text, number === 1))
      throw new UsageError(
        `${name} is not a journal of describe-image: line ${number} is not one of its records`,
        { hint: 'Use another file; if this is a damaged journal, delete that line.' },
      );
    if (!isComplete)
      return { bytes: record ? offset + text.length : offset, lacksNewline: record !== undefined };
    end = offset + bytes.length + 1;
  }
  return { bytes: end, lacksNewline: false };
}

interface JournalEnd {
  readonly bytes: number;
  readonly lacksNewline: boolean;
}

/** Cuts off a partial line and adds a missing newline. Resolves with the size of the file then, in bytes. */
export async function repairTail(file: FileHandle, { bytes, lacksNewline }: JournalEnd): Promise<number> {
  const { size } = await file.stat();
  if (size === bytes && !lacksNewline) return bytes;
  if (size > bytes) await file.truncate(bytes);
  if (lacksNewline) await file.write('\n', bytes);
  await file.datasync();
  return lacksNewline ? bytes + 1 : bytes;
}

/** Reads the record that starts at an offset; undefined where there is none any more. */
export async function readRecordAt(file: FileHandle, offset: number): Promise<JournalRecord | undefined> {
  for await (const { bytes } of readLines(file, offset)) return parseRecord(bytes);
  return undefined;
}

interface Line {
  /** Without the newline; valid until the next line is read. */
  readonly bytes: Buffer;
  /** Where it starts in the file, in bytes. */
  readonly offset: number;
  /** Whether it ends with a newline; only the last one may not. */
  readonly isComplete: boolean;
}

/** Reads lines in chunks. A line longer than `maxLineBytes` is yielded as far as it was read, as an incomplete one, and is the last. */
async function* readLines(file: FileHandle, from = 0): AsyncGenerator<Line> {
  const chunk = Buffer.allocUnsafe(256 * 1024);
  let offset = from;
  // The start of a line that continues in the next chunk.
  let begun: Buffer[] = [];
  let begunBytes = 0;
  while (begunBytes <= maxLineBytes) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset + begunBytes);
    if (bytesRead === 0) break;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, bytesRead).indexOf(newline, start);
      if (end < 0) break;
      const rest = chunk.subarray(start, end);
      const bytes = begunBytes === 0 ? rest : Buffer.concat([...begun, rest]);
      yield { bytes, offset, isComplete: true };
      offset += bytes.length + 1;
      start = end + 1;
      begun = [];
      begunBytes = 0;
    }
    // Copied, because the chunk is reused.
    begun.push(Buffer.from(chunk.subarray(start, bytesRead)));
    begunBytes += bytesRead - start;
  }
  if (begunBytes > 0) yield { bytes: Buffer.concat(begun), offset, isComplete: false };
}

/** Some file systems end a file with zeros after a power cut. */
function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Whether an incomplete line begins like a record, so that a file of one line, named by mistake, is not lost. */
function isPartialRecord(bytes: Buffer, isFirst: boolean): boolean {
  if ((bytes[0] ?? 0) === 0) return !isFirst;
  const head = bytes.toString('latin1', 0, sampleHead.length);
  return /^\{"key":"[0-9a-f]{64}","image":"$/.test(head + sampleHead.slice(head.length));
}

const sampleHead = `{"key":"${'0'.repeat(64)}","image":"`;

function isRecord(value: unknown): value is JournalRecord {
  if (!isObject(value)) return false;
  const { key, image, error, text, finishReason } = value;
  if (typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(key) || typeof image !== 'string') return false;
  if ((error ?? null) !== null) return isObject(error);
  return typeof text === 'string' && typeof (finishReason ?? '') === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record has four levels. What is nested thousands deep takes all memory to read, and cannot be written again. */
const maxLevels = 32;
/** A record has some dozens. A line of millions, `[{},{},…`, takes many seconds to read. */
const maxValues = 100_000;

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
    else if (byte === closingBrace || byte === closingBracket) level -= 1;
    else if (byte === brace || byte === bracket || byte === comma) {
      if (byte !== comma) level += 1;
      values += 1;
      if (level > maxLevels || values > maxValues) return true;
    }
  }
  return false;
}

const newline = 0x0a;
const [quote, backslash, bracket, closingBracket, brace, closingBrace, comma] = Buffer.from('"\\[]{},');

/** What makes two failures the same: kind and message. */
function failureOf({ error }: JournalRecord): string {
  const { kind, message } = Object(error);
  return digestOf(JSON.stringify([kind, message]));
}

/** 16 bytes, since names can be long. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest().toString('latin1', 0, 16);
}

/** Half as long as the hexadecimal digits: one character for each byte. */
function packed(key: string): string {
  return Buffer.from(key, 'hex').toString('latin1');
}
