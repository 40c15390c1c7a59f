import type { FileHandle } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import type { Answers } from './answers.ts';
import { type Line, readLines } from './lines.ts';
import { isBeginning, mostLineBytes, parseRecord } from './record.ts';

/** How much of a file is whole: what follows is torn, or a newline is missing. */
export interface Whole {
  /** Bytes to keep. */
  readonly bytes: number;
  /** Whether the last line lacks its newline and nothing else. */
  readonly lacksNewline: boolean;
}

/** Reads a journal into an index. Throws a `UsageError` with the line when the file is none of ours; changes nothing. */
export async function readJournal(file: FileHandle, name: string, answers: Answers): Promise<Whole> {
  let number = 0;
  let bytes = 0;
  for await (const line of readLines(file, 0, mostLineBytes)) {
    number += 1;
    const whole = line.bytes.length > mostLineBytes ? undefined : indexLine(line, number === 1, answers);
    if (whole === undefined) throw notOurs(name, number);
    if (!line.isComplete) return { bytes: line.offset + whole, lacksNewline: whole > 0 };
    bytes = line.offset + whole + 1;
  }
  return { bytes, lacksNewline: false };
}

/** Returns how many bytes of the line are whole: all, or none of one that is torn; undefined when it is none of ours. */
function indexLine(
  { bytes, offset, isComplete }: Line,
  isFirst: boolean,
  answers: Answers,
): number | undefined {
  const text = isComplete ? bytes : withoutZeros(bytes);
  const record = parseRecord(text);
  if (record === undefined) return !isComplete && isTorn(text, isFirst) ? 0 : undefined;
  answers.add(record, offset);
  return text.length;
}

/** Some file systems end a file with zeros after a power cut. */
function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Whoever named a file of one line without a newline by mistake must not lose it: it has to begin like one of ours. */
function isTorn(bytes: Buffer, isFirst: boolean): boolean {
  return bytes.length === 0 || bytes[0] === 0 ? !isFirst : isBeginning(bytes);
}

function notOurs(name: string, line: number): UsageError {
  return new UsageError(
    `${name} is not a journal of describe-image: line ${line} is not one of its records`,
    {
      hint: 'Name another file; where this one is a journal that was damaged, delete that line.',
    },
  );
}
