import type { CannedReply, RecordedRequest, Reply } from './types.ts';

/** Replies that wait for their requests, and what went wrong so far. */
export interface Queue {
  enqueue(...replies: Reply[]): void;
  /** The next reply; undefined where none is left. */
  take(): Reply | undefined;
  /** Notes what `verify` is to complain about. */
  complain(complaint: string): void;
  /** Throws an error that lists every complaint and the replies that are left. */
  verify(): void;
}

/** Makes an empty queue. */
export function makeQueue(): Queue {
  const replies: Reply[] = [];
  const complaints: string[] = [];
  return {
    enqueue: (...more) => {
      replies.push(...more);
    },
    take: () => replies.shift(),
    complain: (complaint) => {
      complaints.push(complaint);
    },
    verify: () => {
      const left =
        replies.length === 0
          ? []
          : [`${replies.length} queued ${replies.length === 1 ? 'reply was' : 'replies were'} left unused.`];
      const all = [...complaints, ...left];
      if (all.length > 0)
        throw new Error(`The emulator was not used as it should be:\n- ${all.join('\n- ')}`);
    },
  };
}

/** What is wrong with a request that a canned reply hid from the client; undefined where nothing is. */
export function hiddenProblem(request: RecordedRequest, reply: CannedReply): string | undefined {
  const name = `${request.method} ${request.path.replace(/\?.*$/s, '')}`;
  if (request.problem !== undefined) {
    const { code, status, message } = request.problem;
    return `${name} would have been refused: ${code} ${status}: ${message.trim()}`;
  }
  if (!request.aborted || reply.isEarly || reply.cut || reply.hang) return undefined;
  const declared = request.headers['content-length'] ?? 'an unknown number of';
  return `${name}: the client hung up after ${request.body.length} of ${declared} bytes.`;
}
