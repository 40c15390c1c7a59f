import { createHash } from 'node:crypto';
import { isAnswer, isCutOff, type JournalRecord } from './record.ts';

/** Which images have an answer, and where in the file it stands. */
export interface Answers {
  /** How many pairs of key and image there are. */
  readonly count: () => number;
  readonly has: (key: string, image: string) => boolean;
  readonly hasKey: (key: string) => boolean;
  /** Where the latest line of a key starts, in bytes. */
  readonly offsetOf: (key: string) => number | undefined;
  /** Whether the latest answer under a key was cut off at the token limit. */
  readonly isCutOff: (key: string) => boolean;
  /** Whether the latest line of this image and key tells of the same failure. */
  readonly hasFailure: (record: JournalRecord) => boolean;
  readonly add: (record: JournalRecord, offset: number) => void;
  /** Forgets all answers that are there by now: each is to be asked for again. */
  readonly supersede: () => void;
}

/** An index without the answers and the names: some 150 bytes for each. A failure supersedes no answer. */
export function createAnswers(): Answers {
  const pairs = new Set<string>();
  const offsets = new Map<string, number>();
  /** Of those, whose latest line was cut off. */
  const cutOff = new Set<string>();
  /** Of images whose latest line is a failure. */
  const failures = new Map<string, string>();
  return {
    count: () => pairs.size,
    has: (key, image) => pairs.has(pairOf(key, image)),
    hasKey: (key) => offsets.has(digestOf(key)),
    offsetOf: (key) => offsets.get(digestOf(key)),
    isCutOff: (key) => cutOff.has(digestOf(key)),
    hasFailure: (record) => failures.get(pairOf(record.key, record.image)) === failureOf(record),
    add: (record, offset) => {
      const pair = pairOf(record.key, record.image);
      if (!isAnswer(record)) {
        failures.set(pair, failureOf(record));
        return;
      }
      failures.delete(pair);
      pairs.add(pair);
      const digest = digestOf(record.key);
      offsets.set(digest, offset);
      if (isCutOff(record)) cutOff.add(digest);
      else cutOff.delete(digest);
    },
    supersede: () => {
      pairs.clear();
      offsets.clear();
    },
  };
}

/** As many pairs as there are images, and names can be long: of each a digest that no other has stays in memory. */
function pairOf(key: string, image: string): string {
  return shortDigest(key + image);
}

/** What makes a failure the same as another: its kind and what it says. */
function failureOf({ error }: JournalRecord): string {
  const { kind, message } = Object(error);
  return shortDigest(JSON.stringify([kind, message]));
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest().toString('latin1', 0, 16);
}

/** Half as long as the hexadecimal digits: one character for each byte. */
function digestOf(key: string): string {
  return Buffer.from(key, 'hex').toString('latin1');
}
