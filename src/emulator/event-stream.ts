import type { CannedReply } from './emulator.ts';

/** `sse` after `?alt=sse`, and one JSON array without it. */
export type StreamFormat = 'sse' | 'array';

/**
 * Splits a reply into the pieces of a stream, as `streamGenerateContent` sends them. Text and bytes stay as they are.
 *
 * @param isWhole one piece an event; otherwise pieces are of odd sizes, so that events, lines and characters are split
 */
export function asStream(reply: CannedReply, format: StreamFormat, isWhole: boolean): CannedReply {
  const { body, status = 200, cut, insteadOfRest } = reply;
  if (typeof body !== 'object' || body instanceof Uint8Array || reply.chunks !== undefined) return reply;
  // An error before the stream is plain JSON, whatever the header says.
  if (status >= 400) return format === 'sse' ? withType(reply, format) : { ...reply, body: [body].flat() };
  const events = splitAnswer(body);
  const isBroken = cut === 'in-body' || insteadOfRest !== undefined;
  const texts = events
    .slice(0, isBroken ? Math.ceil(events.length / 2) : events.length)
    .map((event, index) =>
      format === 'sse' ? `data: ${JSON.stringify(event)}\r\n\r\n` : arrayItem(event, index),
    );
  if (insteadOfRest !== undefined) texts.push(insteadOfRest);
  else if (isBroken)
    texts.push('…'); // What is not sent any more.
  else if (format === 'array') texts.push('\n]\n');
  return withType(
    { ...reply, body: undefined, chunks: isWhole ? texts : oddPieces(texts, isBroken) },
    format,
  );
}

function withType(reply: CannedReply, format: StreamFormat): CannedReply {
  const type = format === 'sse' ? 'text/event-stream' : 'application/json; charset=UTF-8';
  return { ...reply, headers: { 'content-type': type, ...reply.headers } };
}

function arrayItem(event: object, index: number): string {
  return `${index === 0 ? '[' : '\n,\r\n'}${JSON.stringify(event, null, 2)}`;
}

interface Answer {
  readonly candidates?: readonly Candidate[];
  readonly usageMetadata?: { readonly candidatesTokenCount?: number; readonly totalTokenCount?: number };
}

interface Candidate {
  readonly content?: { readonly parts?: readonly { readonly text?: string }[] };
  readonly finishReason?: string;
}

/** The events of an answer: text in growing pieces, and what belongs to the end only in the last one. */
function splitAnswer(answer: Answer): object[] {
  const { candidates = [], usageMetadata = {} } = answer;
  const pieces = candidates.map(({ content }) => (content?.parts ?? []).flatMap(splitPart));
  const count = Math.max(1, ...pieces.map(({ length }) => length));
  return Array.from({ length: count }, (_, index) => {
    if (count === 1 || index === count - 1)
      return withParts(answer, pieces, index, ({ content: _, ...end }) => end);
    const candidatesTokenCount = Math.ceil(((usageMetadata.candidatesTokenCount ?? 0) * index) / count);
    const missing = (usageMetadata.candidatesTokenCount ?? 0) - candidatesTokenCount;
    const totalTokenCount = (usageMetadata.totalTokenCount ?? 0) - missing;
    const soFar = { ...answer, usageMetadata: { ...usageMetadata, candidatesTokenCount, totalTokenCount } };
    return withParts(soFar, pieces, index, (_, at) => ({ index: at }));
  });
}

function withParts(
  answer: Answer,
  pieces: readonly (readonly object[])[],
  index: number,
  rest: (candidate: Candidate, at: number) => object,
): object {
  if (answer.candidates === undefined) return answer;
  const candidates = answer.candidates.map((candidate, at) => {
    const part = pieces[at]?.[index];
    if (candidate.content === undefined) return rest(candidate, at);
    return { content: { ...(part && { parts: [part] }), role: 'model' }, ...rest(candidate, at) };
  });
  return { ...answer, candidates };
}

/** Pieces of 1, 3, 7, 15 … characters, at most 8,191, so that a short text makes several events and a long one few. */
function splitPart(part: { readonly text?: string }): object[] {
  if (part.text === undefined || 'thought' in part) return [part];
  const pieces: object[] = [];
  for (let at = 0, length = 1; at < part.text.length; length = Math.min(length * 2 + 1, 8191)) {
    const isHalf = /[\ud800-\udbff]/.test(part.text.charAt(at + length - 1));
    const text = part.text.slice(at, at + length + (isHalf ? 1 : 0));
    pieces.push({ ...part, text });
    at += text.length;
  }
  return pieces;
}

const oddSizes = [1, 2, 3, 5, 7, 11, 31, 127, 509, 2039, 8191];

/** Splits text into pieces of bytes that heed neither events nor characters; a broken one keeps its last piece. */
function oddPieces(texts: readonly string[], isBroken: boolean): Uint8Array[] {
  const bytes = Buffer.from((isBroken ? texts.slice(0, -1) : texts).join(''));
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 0) {
    pieces.push(bytes.subarray(at, at + (oddSizes[pieces.length] ?? 8191)));
  }
  return isBroken ? [...pieces, Buffer.from(texts.at(-1) ?? '')] : pieces;
}
