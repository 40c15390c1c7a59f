import { createHash } from 'node:crypto';
import { type DescribeOptions, defaults } from '../describe-options.ts';
import type { Readable } from '../image/readable.ts';

/**
 * What an answer depends on, but for the image: the question, the model and every setting that changes the answer. Not the
 * endpoint, the key and the time-outs.
 */
export function questionKey(options: DescribeOptions): string {
  return sha256(
    JSON.stringify([
      'describe-image 1',
      options.prompt ?? defaults.prompt,
      options.system,
      (options.model ?? defaults.model).replace(/^models\//, ''),
      options.temperature,
      options.topP,
      options.topK,
      options.maxOutputTokens,
      options.stopSequences?.length ? options.stopSequences : undefined,
      options.seed,
      options.thinkingBudget,
      options.thinkingLevel,
      options.mediaResolution,
      options.mimeType,
      options.convert ?? true,
      options.maxEdge,
      options.stripMetadata ?? false,
    ]),
  );
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
