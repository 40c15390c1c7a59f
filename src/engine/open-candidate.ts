import type { Effects } from '../describe.ts';
import type { DescribeOptions } from '../describe-options.ts';
import { ImageError, UsageError } from '../errors.ts';
import type { OpenedSource } from '../image/source.ts';
import { open } from '../prepare.ts';
import type { Candidate } from './outcome.ts';

/** Makes an image of many ready to be read. What is wrong with its name is wrong with it alone: an `ImageError`, too. */
export async function openCandidate(
  candidate: Candidate,
  options: DescribeOptions,
  effects: Effects,
): Promise<OpenedSource> {
  if ('error' in candidate) throw candidate.error;
  try {
    return await open(candidate.input, options, effects);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ImageError(error.message, { hint: error.hint, cause: error });
  }
}
