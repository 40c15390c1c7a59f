import { DescribeImageError, NetworkError } from '../errors.ts';
import { option, type Sentence, say } from '../sentence.ts';
import { checkHost, isRetryable, type NetworkRule, ruleForCode } from './retry-table.ts';

/**
 * Turns what Node throws for a connection into a `NetworkError` that names the host, never the path or the key.
 *
 * @param address what a person changes to reach another host, for the hints
 */
export function explainNetworkFailure(
  error: unknown,
  url: URL,
  proxy?: string,
  address: Sentence = say`${option('baseUrl')}`,
): unknown {
  if (error instanceof DescribeImageError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  // What has no code comes from no connection: an error of a callback, or a bug.
  if (code === undefined) return error;
  const rule = ruleForCode(code) ?? otherFailure(error);
  const where = proxy === undefined ? url.host : `${url.host} through the proxy ${new URL(proxy).host}`;
  return new NetworkError(`${rule.what} (${where}${code && `, ${code}`})`, {
    hint: rule.hint(address),
    code,
    retryable: isRetryable(rule),
    cause: error,
  });
}

/** A failure that this package finds by itself; `detail` says more in parentheses. */
export function foundFailure(code: 'CONTENT_ENCODING' | 'UPGRADE', detail?: string): NetworkError {
  const rule = ruleForCode(code) ?? otherFailure(new Error(code));
  return new NetworkError(detail === undefined ? rule.what : `${rule.what} (${detail})`, {
    hint: rule.hint(say`${option('baseUrl')}`),
    code,
    retryable: isRetryable(rule),
  });
}

/** The time-out of an attempt. */
export function timedOut(timeoutMs: number, isConnected: boolean): NetworkError {
  const what = isConnected ? 'answer' : 'connection';
  return new NetworkError(`no ${what} within ${timeoutMs / 1000} s`, {
    hint: isConnected
      ? say`Raise ${option('timeoutMs')}, or try again later.`
      : say`Check ${option('baseUrl')} and the network connection, or raise ${option('timeoutMs')}.`,
    code: isConnected ? 'TIMEOUT' : 'ETIMEDOUT',
    retryable: true,
  });
}

/**
 * A kept connection turned out to be closed when it was used again: it broke within 100 ms of the first byte sent and before
 * any byte of an answer. The server has most likely not seen the request, so it may be sent once more.
 */
export class IdleCloseError extends NetworkError {
  /** Milliseconds of the attempt that are gone. */
  readonly elapsedMs: number;

  constructor(url: URL, elapsedMs: number, cause: Error & { readonly code: string }) {
    super(`the connection was closed while idle (${url.host}, ${cause.code})`, {
      hint: 'Try again.',
      code: cause.code,
      retryable: true,
      cause,
    });
    this.name = 'NetworkError';
    this.elapsedMs = elapsedMs;
  }
}

/** Whether the far side is gone. */
export function isLoss(error: Error): error is Error & { readonly code: string } {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** What ends the wait for a proxy's answer to CONNECT has no code of its own. */
function codeOf(error: Error): string | undefined {
  if ('code' in error) return String(error.code);
  return /\bCONNECT response\b/.test(error.message) ? 'PROXY' : undefined;
}

function otherFailure(error: Error): NetworkRule {
  return { what: `the connection failed: ${error.message}`, action: 'fail', hint: checkHost };
}
