import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  answerWith,
  type Emulator,
  type FaultName,
  faults,
  rateLimit,
  startEmulator,
} from '../../src/emulator/index.ts';
import { errorOf, good, post } from './requests.ts';
import { begin, outcome, pieces } from './wire.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ isStrict: true });
});
afterEach(async () => {
  emulator.verify();
  await emulator.close();
});

const names = Object.keys(faults) as FaultName[];
const body = JSON.stringify(good);

async function sendGood(): Promise<IncomingMessage | string> {
  const outgoing = begin(emulator, { 'content-length': Buffer.byteLength(body) });
  outgoing.end(body);
  return outcome(outgoing);
}

/** What each fault puts on the wire: status, and a text that tells it from the others. */
const expected: Record<FaultName, [status: number | string, says: RegExp]> = {
  'rate-limit': [429, /"retryDelay": "1s"/],
  'rate-limit-bare': [429, /"Resource has been exhausted[^}]*RESOURCE_EXHAUSTED"\s*\}\s*\}\s*$/],
  'daily-quota': [429, /"quotaId": "GenerateRequestsPerDay/],
  'bad-key': [400, /"reason": "API_KEY_INVALID"/],
  'no-permission': [403, /"PERMISSION_DENIED"/],
  unauthenticated: [401, /"UNAUTHENTICATED"/],
  'no-credit': [402, /credits are depleted/],
  'unknown-model': [404, /is not found for API version/],
  'bad-image': [400, /Unable to process input image/],
  'failed-precondition': [400, /"FAILED_PRECONDITION"/],
  internal: [500, /"INTERNAL"/],
  unavailable: [503, /"UNAVAILABLE"/],
  deadline: [504, /"DEADLINE_EXCEEDED"/],
  'too-large': [413, /<title>413 Request Entity Too Large<\/title>/],
  'retry-after': [429, /^Too many requests$/m],
  'bad-gateway': [502, /<title>502 Bad Gateway<\/title>/],
  html: [200, /^<!DOCTYPE html>/],
  'plain-text': [503, /^upstream connect error/],
  'empty-body': [200, /^$/],
  'invalid-json': [200, /A small boat on$/],
  'array-error': [429, /^\[/],
  'text-error': [502, /"error": "upstream/],
  'error-in-200': [200, /"code": 503/],
  'blocked-prompt': [200, /"blockReason": "SAFETY"/],
  'blocked-answer': [200, /"finishReason": "SAFETY"/],
  'blocked-midway': [200, /"text": "A small boat[^}]*\}[^}]*\},\s*"finishReason": "SAFETY"/],
  recitation: [200, /"finishReason": "RECITATION"/],
  'no-parts': [200, /"content": \{\s*"role": "model"\s*\},\s*"finishReason": "STOP"/],
  'thoughts-only': [200, /"thought": true/],
  'max-tokens': [200, /"text": "A small boat[^}]*\}[^}]*\},\s*"finishReason": "MAX_TOKENS"/],
  'max-tokens-empty': [200, /"thoughtsTokenCount": 255/],
  truncated: [200, /^\{\s*"candidates"[\s\S]*[^}]\s*$/],
  'error-midway': [200, /^\{\s*"candidates"[\s\S]*"status": "UNAVAILABLE"\s*\}\s*\}$/],
  'garbage-midway': [200, /^\{\s*"candidates"[\s\S]*\{"par\s*$/],
  'no-streams': [200, /SHA-256/],
  'data-malformed': [200, /,"\s*\}\s*\]/],
  'data-cut': [200, /"finishReason": "MAX_TOKENS"/],
  'data-fenced': [200, /"Here is the JSON:\\n```json/],
  'data-extra-item': [200, /SHA-256/],
  'data-missing-item': [200, /SHA-256/],
  'data-inverted-box': [200, /SHA-256/],
  'data-endless-number': [200, /1{13000}/],
  cut: ['ECONNRESET', /^$/],
  'cut-headers': ['ECONNRESET', /^$/],
  'cut-body': [200, /^\{\s*"candidates"/],
  hang: ['', /^$/],
};

describe('the fault', () => {
  test('arrives as it is described, whichever it is', async () => {
    for (const name of names.filter((name) => name !== 'hang')) {
      emulator.enqueue(faults[name].reply);
      const [status, says] = expected[name];
      const reply = await sendGood();
      if (!(reply instanceof IncomingMessage)) {
        expect(reply, name).toBe(status);
        expect(emulator.requests.at(-1)?.status, name).toBe(0);
        continue;
      }
      const { chunks, isWhole } = await pieces(reply);
      expect(reply.statusCode, name).toBe(status);
      expect(Buffer.concat(chunks).toString(), name).toMatch(says);
      expect(isWhole, name).toBe(name !== 'cut-body');
      expect(emulator.requests.at(-1)?.status, name).toBe(status);
    }
  });

  test('hang lasts until the client or the emulator ends it', async () => {
    emulator.enqueue(faults.hang.reply);
    const outgoing = begin(emulator);
    const end = outcome(outgoing);
    outgoing.end(body);
    while (!emulator.requests[0]?.json) await new Promise(setImmediate);
    await emulator.close();
    expect(await end).toBe('ECONNRESET');
  });

  test('rate-limit says any wait', async () => {
    emulator.enqueue(rateLimit(45.5));
    const { message, details } = await errorOf(await post(emulator, good));
    expect(message).toContain('Please retry in 45.5s.');
    expect(JSON.stringify(details)).toContain('"retryDelay":"45.5s"');
  });

  test('has one line on what it simulates, whichever it is', () => {
    for (const name of names) expect(faults[name].about, name).toMatch(/^[^\n]{10,70}$/);
  });
});

describe('a reply', () => {
  test('comes in the pieces it was given, though they split a character', async () => {
    const bytes = Buffer.from('{"a":"é🙂"}');
    const chunks = [...bytes].map((byte) => Uint8Array.of(byte));
    emulator.enqueue({ chunks });
    const outgoing = begin(emulator);
    const seen: Buffer[] = [];
    outgoing.once('response', (response) => response.on('data', (chunk: Buffer) => seen.push(chunk)));
    outgoing.end(body);
    await once(outgoing, 'close');
    expect(seen).toHaveLength(bytes.length);
    expect(Buffer.concat(seen)).toEqual(bytes);
  });

  test('in pieces can be cut before the last', async () => {
    emulator.enqueue({ chunks: ['one', 'two', 'three'], cut: 'in-body' });
    const { chunks, isWhole } = await pieces((await sendGood()) as IncomingMessage);
    expect([Buffer.concat(chunks).toString(), isWhole]).toEqual(['onetwo', false]);
  });

  test('carries its own headers', async () => {
    emulator.enqueue({ ...answerWith('hm'), status: 429, headers: { 'retry-after': '7' } });
    const reply = await post(emulator, good);
    expect(reply.headers.get('retry-after')).toBe('7');
    expect(reply.headers.get('content-type')).toBe('application/json; charset=UTF-8');
  });
});
