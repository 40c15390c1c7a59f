import { redactValue } from '../api/redact.ts';
import type { DescribeOptions } from '../describe-options.ts';
import { ApiError, CredentialError, type DescribeImageError, NoAnswerError } from '../errors.ts';
import { defaults } from '../options/table.ts';
import { type FailureRecord, formatJsonLine } from '../report/json.ts';
import { asFlags } from './flags.ts';

/** What JSON tells of an image that failed, on one line and without the key. */
export function formatFailure(...[image, error, question]: Parameters<typeof failureRecord>): string {
  return formatJsonLine(redactValue(failureRecord(image, error, question), question.apiKey));
}

/** The same as an object. */
export function failureRecord(
  image: string | undefined,
  error: DescribeImageError,
  question: DescribeOptions,
): FailureRecord {
  const { kind, message, hint } = error;
  const status = error instanceof ApiError || error instanceof CredentialError ? error.status : undefined;
  const partialText = error instanceof NoAnswerError ? error.partialText : undefined;
  return {
    image,
    prompt: question.prompt ?? defaults.prompt,
    model: question.model ?? defaults.model,
    error: {
      kind,
      message,
      hint: hint === undefined ? null : asFlags(hint),
      status: status ?? null,
      partialText: partialText ?? null,
    },
  };
}
