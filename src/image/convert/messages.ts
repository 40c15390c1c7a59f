/** What the decoding process is asked. The bytes of the image follow a question that has some. */
export type Request = FormatsRequest | ConvertRequest;

/** Asks what can be decoded. */
export interface FormatsRequest {
  readonly kind: 'formats';
  readonly bytes: 0;
}

/** Asks for an image that the API takes, upright and without metadata. */
export interface ConvertRequest {
  readonly kind: 'convert';
  /** Of the image that follows. */
  readonly bytes: number;
  readonly format: { readonly mimeType: string; readonly sendable: boolean; readonly sharp: string };
  /** The longest side in pixels; what is larger is scaled down. */
  readonly maxEdge?: number | undefined;
}

const sendableTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;

export type SendableType = (typeof sendableTypes)[number];

/** What it answers; the bytes of an image follow it where `bytes` is not 0. */
export type Reply =
  | FormatsReply
  | ConvertedReply
  | { readonly kind: 'unchanged'; readonly bytes: 0 }
  | FailedReply;

/** What can be decoded, by its key in `sharp.format`, and the file name extensions that tell one kind from another. */
export interface FormatsReply {
  readonly kind: 'formats';
  readonly bytes: 0;
  readonly formats: Readonly<Record<string, readonly string[]>>;
}

export interface ConvertedReply {
  readonly kind: 'converted';
  readonly bytes: number;
  readonly mimeType: SendableType;
  /** What is not as it was, for people. */
  readonly changes: readonly string[];
}

export interface FailedReply {
  readonly kind: 'failed';
  readonly bytes: 0;
  readonly message: string;
  readonly hint: string;
  /** What the decoder said, as it said it. */
  readonly detail: string;
}

/** The most bytes that follow a message, either way. */
export const maxBodyBytes = 512 * 1024 ** 2;

/** No message is longer; what follows it is counted by its `bytes`. */
const maxMessageBytes = 64 * 1024;

/** A message as it goes over a pipe: the length of its JSON in four bytes, and its JSON. */
export function encodeMessage(message: Request | Reply): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

export interface MessageReader {
  /** Reads the next message, as the JSON it is. Throws where the stream ends, or where there is no message. */
  readonly message: () => Promise<unknown>;
  /** Yields the bytes that follow a message. Throws where the stream ends before. */
  readonly body: (bytes: number) => AsyncGenerator<Buffer>;
}

/** Reads what comes over a pipe; it is read by nothing else. */
export function createMessageReader(stream: AsyncIterable<Buffer>): MessageReader {
  const pieces = stream[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const atMost = async (bytes: number): Promise<Buffer> => {
    while (rest.length === 0) {
      const { value, done } = await pieces.next();
      if (done) throw new Error('the pipe has ended');
      rest = value;
    }
    const piece = rest.subarray(0, bytes);
    rest = rest.subarray(bytes);
    return piece;
  };
  const body = async function* (bytes: number) {
    for (let left = bytes; left > 0; ) {
      const piece = await atMost(left);
      left -= piece.length;
      yield piece;
    }
  };
  const exactly = async (bytes: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const piece of body(bytes)) parts.push(piece);
    return Buffer.concat(parts);
  };
  const message = async () => {
    const length = (await exactly(4)).readUInt32BE();
    if (length > maxMessageBytes) throw new Error('not a message');
    return JSON.parse((await exactly(length)).toString());
  };
  return { message, body };
}

/** Understands a reply. Throws for what is none: what decodes foreign bytes may say anything. */
export function parseReply(message: unknown): Reply {
  if (!isRecord(message) || !isByteCount(message.bytes)) throw notAReply();
  const { kind, bytes, mimeType, changes, formats } = message;
  if (kind === 'converted' && sendableTypes.some((type) => type === mimeType) && isListOfText(changes)) {
    return { kind, bytes, mimeType: mimeType as SendableType, changes };
  }
  if (bytes !== 0) throw notAReply();
  if (kind === 'unchanged') return { kind, bytes };
  if (kind === 'formats' && isRecord(formats) && Object.values(formats).every(isListOfText)) {
    return { kind, bytes, formats: formats as FormatsReply['formats'] };
  }
  if (kind !== 'failed') throw notAReply();
  return {
    kind,
    bytes,
    message: String(message.message),
    hint: String(message.hint),
    detail: String(message.detail),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isByteCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxBodyBytes;
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function notAReply(): Error {
  return new Error('not a reply');
}
