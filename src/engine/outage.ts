import { type DescribeImageError, NetworkError } from '../errors.ts';
import { ruleForCode } from '../http/retry-table.ts';

/** So many images in a row, each with all its retries, are no accident of one of them. */
const mostInARow = 5;

/** Knows when the network is gone, so that a batch ends instead of failing image by image. */
export interface Outage {
  /** The API was reached, whatever it answered. */
  reached(): void;
  /** An image failed. Returns why the batch ends, where this was one too many. */
  failed(error: DescribeImageError): NetworkError | undefined;
}

/** Starts with a network that is there. */
export function createOutage(): Outage {
  let inARow = 0;
  return {
    reached() {
      inARow = 0;
    },
    failed(error) {
      // What is wrong with an image says nothing of the network.
      if (!(error instanceof NetworkError)) return undefined;
      inARow = ruleForCode(error.code)?.isUnreachable ? inARow + 1 : 0;
      return inARow < mostInARow ? undefined : outage(error);
    },
  };
}

function outage(last: NetworkError): NetworkError {
  return new NetworkError(
    `stopped: ${mostInARow} images in a row failed without a network connection (${last.code})`,
    {
      hint: last.advice,
      code: last.code,
      retryable: last.retryable,
      cause: last,
    },
  );
}
