import { isUtf8 } from 'node:buffer';
import type { Refusal } from './emulator.ts';
import { invalidArgument } from './replies.ts';

/** Parses a body; undefined where it is no JSON in UTF-8. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Counts values and depth before anything is parsed: small values take many times their bytes in memory, so that a body of
 * nothing else would be too large for the heap.
 */
export function checkExtent(body: Buffer): Refusal | undefined {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === 0x22) at = endOfString(body, at);
    else if (byte === 0x2c) values += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      values += 1;
    }
    if (depth > maxDepth) return invalidArgument('Message too deep. Max recursion depth reached.');
    if (values > maxValues) {
      return invalidArgument(`The emulator reads at most ${maxValues} JSON values in one request.`);
    }
  }
  return undefined;
}

/** The emulator's own bound: 3,600 images take about 30,000 values. */
const maxValues = 100_000;

/** https://protobuf.dev/programming-guides/json/ */
const maxDepth = 100;

/** The place of the quotation mark that ends the string which begins at `start`. */
function endOfString(body: Buffer, start: number): number {
  let end = body.indexOf(0x22, start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (body[end - 1 - backslashes] === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = body.indexOf(0x22, end + 1);
  }
  return body.length;
}

/** A multiple of four characters, small enough that a slice costs little memory. */
const sliceLength = 4 * 65_536;

/**
 * Decodes base64 in its one canonical spelling: standard alphabet, padded, nothing else in between. Undefined for any
 * other text. Slice by slice, because Node's decoder is lenient and a pattern over 100 MB is slow.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const decoded = Buffer.allocUnsafe((text.length / 4) * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += sliceLength) {
    const slice = text.slice(at, at + sliceLength);
    const bytes = Buffer.from(slice, 'base64');
    const isWhole = at + sliceLength >= text.length || bytes.length === (slice.length / 4) * 3;
    if (!isWhole || bytes.toString('base64') !== slice) return undefined;
    length += bytes.copy(decoded, length);
  }
  return decoded.subarray(0, length);
}
