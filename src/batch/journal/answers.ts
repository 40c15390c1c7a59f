import { createHash } from 'node:crypto';

/** Which images have an answer, and where in the file it stands. */
export interface Answers {
  /** How many pairs of key and image there are. */
  readonly count: () => number;
  readonly has: (key: string, image: string) => boolean;
  readonly hasKey: (key: string) => boolean;
  /** Where the latest line of a key starts, in bytes. */
  readonly offsetOf: (key: string) => number | undefined;
  readonly add: (key: string, image: string, offset: number) => void;
  readonly clear: () => void;
}

/** An index without the answers and the names: some 150 bytes for each. */
export function createAnswers(): Answers {
  const pairs = new Set<string>();
  const offsets = new Map<string, number>();
  return {
    count: () => pairs.size,
    has: (key, image) => pairs.has(pairOf(key, image)),
    hasKey: (key) => offsets.has(digestOf(key)),
    offsetOf: (key) => offsets.get(digestOf(key)),
    add: (key, image, offset) => {
      pairs.add(pairOf(key, image));
      offsets.set(digestOf(key), offset);
    },
    clear: () => {
      pairs.clear();
      offsets.clear();
    },
  };
}

/** As many pairs as there are images, and names can be long: of each a digest that no other has stays in memory. */
function pairOf(key: string, image: string): string {
  return createHash('sha256').update(key).update(image).digest().toString('latin1', 0, 16);
}

/** Half as long as the hexadecimal digits: one character for each byte. */
function digestOf(key: string): string {
  return Buffer.from(key, 'hex').toString('latin1');
}
