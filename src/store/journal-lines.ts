import type { FileHandle } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

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

/** Bytes that the next run removes as a partial line, if this one cannot. */
export function unfinishedLine(bytes: number): Buffer {
  return Buffer.from(sampleHead.padEnd(bytes));
}

/** In bytes; no answer comes near. */
export const maxLineBytes = 16 * 1024 * 1024;

/**
 * Reads a journal and hands on each record and where its line starts, in bytes. Resolves with the end of the last whole line, in bytes, and whether only its newline is
 * missing. Throws a `UsageError` with the number of the first line that is not a record.
 */
export async function readJournal(
  file: FileHandle,
  name: string,
  add: (record: JournalRecord, offset: number) => void,
): Promise<JournalEnd> {
  let number = 0;
  let end = 0;
  for await (const { bytes, offset, isComplete } of readLines(file)) {
    number += 1;
    const text = isComplete ? bytes : withoutZeros(bytes);
    const record = bytes.length > maxLineBytes ? undefined : parseRecord(text);
    if (record !== undefined) add(record, offset);
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
