import { setImmediate } from 'node:timers/promises';
import { decode } from './decode.ts';
import { undecodable } from './decode-failure.ts';
import { type Encoded, encodeConverted, encodeShrunk } from './encode.ts';
import {
  type ConvertRequest,
  createMessageReader,
  encodeMessage,
  type MessageReader,
  maxBodyBytes,
  type Reply,
  type Request,
} from './messages.ts';
import { decodableFormats, loadSharp, type Sharp } from './sharp.ts';

/**
 * The process that decodes and encodes: it answers one question after another on its standard input, and ends with it. It
 * ends by a signal, since Node would wait for an image that is being decoded.
 */
async function serve(): Promise<never> {
  process.on('uncaughtException', end);
  // On Windows, Ctrl-C at a terminal reaches this process as well.
  process.on('SIGINT', () => undefined);
  const requests = createMessageReader(process.stdin);
  const sharp = loadSharp();
  // The next question is waited for while an image is being decoded: so the end of the other process is noticed.
  for (;;) await takeRequest(requests, sharp);
}

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function takeRequest(requests: MessageReader, sharp: Sharp | undefined): Promise<void> {
  const request = (await requests.message()) as Request;
  const image = await readWhole(requests.body(request.bytes), request.bytes);
  void answer(sharp, request, image);
}

async function readWhole(pieces: AsyncIterable<Buffer>, bytes: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(bytes);
  let filled = 0;
  for await (const piece of pieces) filled += piece.copy(whole, filled);
  return whole;
}

async function answer(sharp: Sharp | undefined, request: Request, image: Buffer): Promise<void> {
  const [reply, data] = await replyTo(sharp, request, image);
  // What is left of this image would count as memory of the next one; it is free after a turn of the loop.
  globalThis.gc?.();
  await setImmediate();
  process.stdout.write(encodeMessage(reply));
  if (data !== undefined) process.stdout.write(data);
}

async function replyTo(
  sharp: Sharp | undefined,
  request: Request,
  image: Buffer,
): Promise<[reply: Reply, data?: Buffer]> {
  if (request.kind === 'formats' || sharp === undefined) {
    return [{ kind: 'formats', bytes: 0, formats: decodableFormats(sharp) }];
  }
  try {
    const converted = await convert(sharp, image, request);
    if (converted === undefined) return [{ kind: 'unchanged', bytes: 0 }];
    const { data, mimeType, changes } = converted;
    if (data.length > maxBodyBytes) throw new Error('no encoding makes it small enough to be sent');
    return [{ kind: 'converted', bytes: data.length, mimeType, changes }, data];
  } catch (error) {
    const { message, hint = '', cause } = undecodable(error, request.format.sharp === 'svg');
    const detail = cause instanceof Error ? cause.message.slice(0, 2000) : '';
    return [{ kind: 'failed', bytes: 0, message, hint, detail }];
  }
}

interface Converted extends Encoded {
  readonly changes: readonly string[];
}

/** Undefined where the API takes the image as it is. */
async function convert(
  sharp: Sharp,
  original: Buffer,
  { format, maxEdge }: ConvertRequest,
): Promise<Converted | undefined> {
  const decoded = await decode(sharp, original, format, maxEdge);
  if (decoded === undefined) return undefined;
  const encoded = format.sendable
    ? await encodeShrunk(sharp, decoded, original, format)
    : await encodeConverted(sharp, decoded, format);
  const converted =
    format.mimeType === encoded.mimeType ? [] : [`converted from ${format.mimeType} to ${encoded.mimeType}`];
  return { ...encoded, changes: [...converted, ...decoded.changes] };
}

serve().catch(end);
