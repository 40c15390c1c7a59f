import { createHash } from 'node:crypto';
import { endingOf } from '../result.ts';
import type { JournalRecord } from './journal-lines.ts';
import type { Known } from './store.ts';

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

/** Whether a record is an answer: neither a failure nor a blocked fragment, which 0.1.0 recorded as an answer. */
export function holdsAnswer({ error, finishReason }: JournalRecord): boolean {
  return (error ?? null) === null && endingOf(finishReason) !== 'blocked';
}

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
