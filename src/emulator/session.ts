import type { IncomingMessage } from 'node:http';
import type { CannedReply, ImageFacts, RecordedRequest, Refusal, Reply } from './emulator.ts';
import { parseJson } from './parse-body.ts';

/** A record while it is being filled in. */
export class Draft implements RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: RecordedRequest['headers'];
  body: Buffer = Buffer.alloc(0);
  images: readonly ImageFacts[] = [];
  status = 0;
  problem: Refusal | undefined = undefined;
  aborted: boolean | undefined = undefined;

  constructor({ method = '', url = '', headers }: IncomingMessage) {
    this.method = method;
    this.path = url;
    this.headers = headers;
  }

  /** Parsed when it is asked for: small values take many times their bytes. */
  get json(): unknown {
    return parseJson(this.body);
  }
}

const maxRequests = 10_000;
const maxComplaints = 100;

/** What a test puts in and reads back: replies that wait for their requests, the requests, and what went wrong. */
export class Session {
  readonly requests: Draft[] = [];
  readonly #isRecording: boolean;
  readonly #maxBytes: number;
  readonly #withBodies: Draft[] = [];
  #bytes = 0;
  readonly #replies: Reply[] = [];
  readonly #complaints: string[] = [];

  constructor(isRecording: boolean, maxBytes: number) {
    this.#isRecording = isRecording;
    this.#maxBytes = maxBytes;
  }

  /** Begins a record for a request of which only the headers have arrived. */
  begin(request: IncomingMessage): Draft {
    const record = new Draft(request);
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

  enqueue(...replies: Reply[]): void {
    this.#replies.push(...replies);
  }

  /** The next reply; undefined where none is left. */
  take(): Reply | undefined {
    return this.#replies.shift();
  }

  /** Notes what `verify` is to complain about. */
  complain(complaint: string): void {
    if (this.#complaints.length < maxComplaints) this.#complaints.push(complaint);
  }

  /** Notes what is wrong with a request where a canned reply hides it from the client. */
  complainIfHidden({ method, path, headers, body, problem, aborted }: Draft, reply: CannedReply): void {
    const name = `${method} ${path.replace(/\?.*$/s, '')}`;
    if (problem !== undefined) {
      const { code, status, message } = problem;
      this.complain(`${name} would have been refused: ${code} ${status}: ${message.trim()}`);
    } else if (aborted && !reply.cut && !reply.hang) {
      const declared = headers['content-length'] ?? 'an unknown number of';
      this.complain(`${name}: the client hung up after ${body.length} of ${declared} bytes.`);
    }
  }

  /** Throws an error that lists every complaint and the replies that are left. */
  verify(): void {
    const count = this.#replies.length;
    const left =
      count === 0 ? [] : [`${count} queued ${count === 1 ? 'reply was' : 'replies were'} left unused.`];
    const all = [...this.#complaints, ...left];
    if (all.length > 0) throw new Error(`The emulator was not used as it should be:\n- ${all.join('\n- ')}`);
  }
}
