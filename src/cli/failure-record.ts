import type { DescribeOptions } from '../describe-options.ts';
import { ApiError, CredentialError, type DescribeImageError } from '../errors.ts';
import { defaults } from '../options/table.ts';
import type { FailureRecord } from '../output/json.ts';
import { asFlags } from './flags.ts';

/** What JSON tells of an image that failed. */
export function failureRecord(
  image: string,
  error: DescribeImageError,
  question: DescribeOptions,
): FailureRecord {
  const { kind, message, hint } = error;
  const status = error instanceof ApiError || error instanceof CredentialError ? error.status : undefined;
  return {
    image,
    prompt: question.prompt ?? defaults.prompt,
    model: question.model ?? defaults.model,
    error: { kind, message, hint: hint === undefined ? null : asFlags(hint), status: status ?? null },
  };
}
