import type { IncomingMessage } from 'node:http';
import { parseJson } from './read-message.ts';
import type { CannedReply, RecordedRequest, Reply } from './types.ts';

/** A record while it is being filled in. */
export type Draft = { -readonly [Name in keyof RecordedRequest]: RecordedRequest[Name] };

const maxRequests = 10_000;
const maxComplaints = 100;

/** What a test puts in and reads back: replies that wait for their requests, the requests, and what went wrong. */
export class Session {
  readonly requests: Draft[] = [];
  readonly replies: Reply[] = [];
  readonly #isRecording: boolean;
  readonly #maxBytes: number;
  readonly #withBodies: Draft[] = [];
  #bytes = 0;
  readonly #complaints: string[] = [];

  constructor(isRecording: boolean, maxBytes: number) {
    this.#isRecording = isRecording;
    this.#maxBytes = maxBytes;
  }

  /** Begins a record for a request of which only the headers have arrived. */
  begin({ method = '', url = '', headers }: IncomingMessage): Draft {
    const record: Draft = {
      method,
      path: url,
      headers,
      body: Buffer.alloc(0),
      // Parsed when it is asked for: small values take many times their bytes.
      get json(): unknown {
        return parseJson(this.body);
      },
      images: [],
      status: 0,
    };
    if (this.#isRecording) this.requests.push(record);
    if (this.requests.length > maxRequests) this.requests.shift();
    return record;
  }

  /** Counts the body of a record that is filled in, and empties the oldest where there are too many bytes. */
  keep(record: Draft): void {
    if (!this.#isRecording) return;
    this.#withBodies.push(record);
    this.#bytes += record.body.length;
    while (this.#bytes > this.#maxBytes && this.#withBodies.length > 1) {
      const oldest = this.#withBodies.shift() ?? record;
      this.#bytes -= oldest.body.length;
      oldest.body = Buffer.alloc(0);
      oldest.images = [];
    }
  }

  /** Notes what `verify` is to complain about. */
  complain(complaint: string): void {
    if (this.#complaints.length < maxComplaints) this.#complaints.push(complaint);
  }

  /** Notes what is wrong with a request where a canned reply hides it from the client. */
  complainIfHidden(record: Draft, { cut, hang }: CannedReply): void {
    const { headers, body, problem, aborted } = record;
    if (problem !== undefined) {
      const { code, status, message } = problem;
      this.complain(`${nameOf(record)} would have been refused: ${code} ${status}: ${message.trim()}`);
    } else if (aborted && !cut && !hang) {
      const declared = headers['content-length'] ?? 'an unknown number of';
      this.complain(`${nameOf(record)}: the client hung up after ${body.length} of ${declared} bytes.`);
    }
  }

  /** Throws an error that lists every complaint and the replies that are left. */
  verify(): void {
    const count = this.replies.length;
    const left = `${count} queued ${count === 1 ? 'reply was' : 'replies were'} left unused.`;
    const all = count === 0 ? this.#complaints : [...this.#complaints, left];
    if (all.length > 0) throw new Error(`The emulator was not used as it should be:\n- ${all.join('\n- ')}`);
  }
}

/** A request by method and path, without its query, which holds the key. */
export function nameOf({ method, path }: RecordedRequest): string {
  return `${method} ${path.replace(/\?.*$/s, '')}`;
}
