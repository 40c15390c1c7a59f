import { invalidArgument } from '../refusal.ts';
import type { Refusal, RequestHead, Rules } from '../types.ts';

/** Checks the declared length, which alone is enough to refuse a body, and the declared type. */
export function checkHeaders({ headers }: RequestHead, { bodyLimitBytes }: Rules): Refusal | undefined {
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) {
    return {
      code: 411,
      status: 'INVALID_ARGUMENT',
      message: 'POST requests require a Content-length header.',
    };
  }
  if (Number(length ?? 0) > bodyLimitBytes) return tooLarge(bodyLimitBytes);
  const type = headers['content-type'];
  if (type !== undefined && /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type))
    return undefined;
  return invalidArgument(`Invalid Content-Type: ${type ?? '(none)'}. Expected application/json.`);
}

/** Refuses a body for its size. */
export function tooLarge(bodyLimitBytes: number): Refusal {
  return invalidArgument(`Request payload size exceeds the limit: ${bodyLimitBytes} bytes.`);
}
