/** What is known of an error reply. */
interface ErrorFacts {
  readonly status: number;
  readonly apiStatus: string | undefined;
  readonly message: string;
  /** Whether it is a quota that comes back at midnight. */
  readonly isDaily: boolean;
}

/** What to do about an error reply, in one line. Option names stand in backticks. */
export function adviceOn(error: ErrorFacts): string {
  switch (error.status) {
    case 400:
      return adviceOnRequest(error);
    case 402:
      return 'Add credit to the account of this key.';
    case 404:
      return 'Check `model`, `baseUrl` and `apiVersion`.';
    case 407:
      return 'Put them into the URL of the proxy: HTTPS_PROXY=http://user:password@host:port';
    case 413:
      return sendSmaller;
    case 429:
      return error.isDaily ? comesBackAtMidnight : 'Wait a minute, or raise `retries`.';
    default:
      return error.status >= 500 || error.status === 408 ? 'Try again later.' : 'Check `baseUrl`.';
  }
}

/** What to do where the server asks for more time than is left. */
export function adviceOnWait(waitMs: number): string {
  return `The server asks to wait ${Math.ceil(waitMs / 1000)} s; \`maxWaitMs\` and \`retries\` say how long to go on.`;
}

const sendSmaller = 'Send a smaller image; `maxEdge` shrinks it.';
const comesBackAtMidnight =
  'The daily quota starts anew at midnight Pacific time (07:00 or 08:00 UTC); another model or key has a quota of its own.';

/** Whether the request was larger than the server takes; an HTTP 400 tells that by its message alone. */
export function isTooLarge({ status, message }: Pick<ErrorFacts, 'status' | 'message'>): boolean {
  return status === 413 || (status === 400 && /size exceeds|too large/i.test(message));
}

/** An HTTP 400 has many causes, and mostly its message alone tells them apart. */
function adviceOnRequest({ apiStatus, message }: ErrorFacts): string {
  if (apiStatus === 'FAILED_PRECONDITION') return 'Check the region and the billing of the account.';
  if (isTooLarge({ status: 400, message })) return sendSmaller;
  const isImage = /process input image/i.test(message);
  return isImage
    ? 'The image may be damaged: open it, save it again, and send that.'
    : 'Look at the message, and at what was sent.';
}
