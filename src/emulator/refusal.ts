import type { Refusal } from './types.ts';

/** Error details and their types: https://google.aip.dev/193 */
const typePrefix = 'type.googleapis.com/google.rpc.';

/** Refuses a request for what is in it. */
export function invalidArgument(message: string, details?: readonly object[]): Refusal {
  return { code: 400, status: 'INVALID_ARGUMENT', message, ...(details && { details }) };
}

/** Refuses a value that breaks a rule of one field; the service words these as a list, line by line. */
export function brokenRule(field: string, message: string): Refusal {
  return invalidArgument(`* GenerateContentRequest.${field}: ${message}\n`);
}

/** Names the reason of an error for programs to read. */
export function errorInfo(reason: string): object {
  return {
    '@type': `${typePrefix}ErrorInfo`,
    reason,
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  };
}

/** Names the fields that an error is about; the request as a whole has no name. */
export function badRequest(violations: readonly { field: string; description: string }[]): object {
  return {
    '@type': `${typePrefix}BadRequest`,
    fieldViolations: violations.map(({ field, description }) => ({ ...(field && { field }), description })),
  };
}

/** Says how long to wait. */
export function retryInfo(seconds: number): object {
  return { '@type': `${typePrefix}RetryInfo`, retryDelay: `${seconds}s` };
}

/** Names the quota that is used up. */
export function quotaFailure(quotaId: string, quotaValue: string): object {
  return {
    '@type': `${typePrefix}QuotaFailure`,
    violations: [
      {
        quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
        quotaId,
        quotaDimensions: { location: 'global', model: 'gemini-2.5-pro' },
        quotaValue,
      },
    ],
  };
}

/** Points to a page. */
export function help(description: string, url: string): object {
  return { '@type': `${typePrefix}Help`, links: [{ description, url }] };
}
