import { createHash } from 'node:crypto';
import type { Readable } from '../image/bytes.ts';
import { fingerprintParts } from '../options/table.ts';

/**
 * What an answer depends on, but for the image: the question, the model and every setting that changes the answer. Not the
 * endpoint, the key and the time-outs.
 */
export function questionKey(options: object): string {
  return sha256(JSON.stringify(fingerprintParts(options)));
}

/** The key of one answer: the image's bytes, as they are before anything is changed, and the question's key. */
export async function answerKey(image: Readable, question: string): Promise<string> {
  const hash = createHash('sha256').update(question);
  for await (const piece of image.open()) hash.update(piece);
  return hash.digest('hex');
}

/** Stands for the key of an image that cannot be read. */
export function nameKey(name: string, question: string): string {
  return sha256(`${question} ${name}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
