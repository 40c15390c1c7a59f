import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  answerWith,
  type Emulator,
  type EmulatorOptions,
  type FaultName,
  faults,
  honest,
  type Reply,
  startEmulator,
} from '../../src/emulator/index.ts';
import { send } from '../../src/emulator/send.ts';
import { ask, good, post } from './requests.ts';

const streamPath = '/v1beta/models/gemini-2.5-pro:streamGenerateContent';

interface Event {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text: string; readonly thought?: boolean }[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: { readonly candidatesTokenCount?: number; readonly totalTokenCount?: number };
  readonly error?: { readonly status: string };
}

let emulator: Emulator;
async function start(options: EmulatorOptions = {}): Promise<void> {
  await emulator.close();
  emulator = await startEmulator(options);
}
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

/** Sends a good request to the stream and reads what comes, in the pieces in which it was written. */
async function stream(reply: Reply, query = '?alt=sse', body: unknown = good) {
  emulator.enqueue(reply);
  const outgoing = httpRequest(emulator.url + streamPath + query, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'secret' },
  });
  const chunks: Buffer[] = [];
  outgoing.once('response', (response) => response.on('data', (chunk: Buffer) => chunks.push(chunk)));
  outgoing.end(JSON.stringify(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await finished(response).catch(() => undefined);
  const { statusCode: status, headers, complete: isWhole } = response;
  return { status, type: headers['content-type'], chunks, isWhole, text: Buffer.concat(chunks).toString() };
}

/** The events of server-sent events as the emulator writes them, and what follows the last of them. */
function readEvents(text: string): { readonly events: readonly Event[]; readonly rest: string } {
  const blocks = text.split('\r\n\r\n');
  const rest = blocks.pop() ?? '';
  return { events: blocks.map((block) => JSON.parse(block.replace(/^data: /, '')) as Event), rest };
}

function textOf(events: readonly Event[]): string {
  return events
    .map(({ candidates }) => candidates?.[0]?.content?.parts?.map(({ text }) => text).join('') ?? '')
    .join('');
}

const texts = [
  'A',
  'A boat.',
  'größer 🌅 日本 👨‍👩‍👧‍👦 '.repeat(40),
  '🌅'.repeat(5000),
  `{"a":[${'1,'.repeat(9999)}1]}`,
];

describe('a stream', () => {
  test.each(['?alt=sse', ''])('has the text of the answer in several events: %j', async (query) => {
    for (const text of texts) {
      const { status, type, text: written, isWhole } = await stream(answerWith(text, text), query);
      expect([status, type, isWhole]).toEqual([
        200,
        query === '' ? 'application/json; charset=UTF-8' : 'text/event-stream',
        true,
      ]);
      const { events, rest } = query === '' ? { events: JSON.parse(written), rest: '' } : readEvents(written);
      expect(rest).toBe('');
      expect(textOf(events)).toBe(text + text);
      expect(events.every((event: Event) => !/\p{Cs}/u.test(textOf([event])))).toBe(true);
      expect(events.length).toBeGreaterThan(1);
      expect(events.length).toBeLessThan(60);
      const reasons = events.map((event: Event) => event.candidates?.[0]?.finishReason);
      expect(reasons).toEqual([...Array(events.length - 1).fill(undefined), 'STOP']);
    }
  });

  test('says the same as the plain answer, with counts that grow', async () => {
    const plain = (await (await post(emulator, good)).json()) as Event;
    const { events } = readEvents((await stream(honest)).text);
    expect(textOf(events)).toBe(textOf([plain]));
    expect(events.at(-1)?.usageMetadata).toEqual(plain.usageMetadata);
    const totals = events.map(({ usageMetadata }) => usageMetadata?.totalTokenCount ?? 0);
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
    expect(totals[0]).toBeLessThan(totals.at(-1) ?? 0);
    expect(events.every((event) => 'modelVersion' in event && 'responseId' in event)).toBe(true);
  });

  test('comes in pieces that heed neither events nor characters', async () => {
    const { chunks } = await stream(answerWith('🌅'.repeat(2000)));
    expect(chunks.slice(0, 4).map(({ length }) => length)).toEqual([1, 2, 3, 5]);
    expect(chunks.some((chunk) => chunk.toString().includes('\ufffd'))).toBe(true);
  });

  test('comes event by event where a delay is asked for', async () => {
    await start({ streamDelayMs: 1 });
    const { chunks, text } = await stream(honest);
    expect(chunks.map(String)).toEqual(text.split(/(?<=\r\n\r\n)/));
  });

  test('may be left by the client in the middle, and the emulator goes on', async () => {
    for (const options of [{ streamDelayMs: 1 }, {}]) {
      await start(options);
      emulator.enqueue(answerWith('🌅'.repeat(500_000)));
      const path = `${streamPath}?alt=sse&key=k`;
      const response = await post(emulator, good, { path });
      await response.body?.getReader().read();
      await response.body?.cancel().catch(() => undefined);
      const outgoing = httpRequest(emulator.url + path, { method: 'POST', agent: false });
      outgoing.on('error', () => undefined).destroy();
      expect((await post(emulator, good)).status).toBe(200);
      await emulator.close();
      emulator.verify();
    }
  });

  test('that was left is not written on', async () => {
    let pauses = 0;
    let settle: (error?: unknown) => void = () => undefined;
    const sent = new Promise((resolve) => {
      settle = resolve;
    });
    const server = createServer((request, response) => {
      const pause = async () => {
        pauses += 1;
        if (pauses !== 2) return;
        request.socket.destroy();
        await once(response, 'close');
      };
      send(request, response, { chunks: Array(50).fill('x') }, pause).then(() => settle(), settle);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    httpRequest({ port, host: '127.0.0.1', agent: false }, (response) =>
      response.on('error', () => undefined).resume(),
    ).end();
    expect(await sent).toBeUndefined();
    expect(pauses).toBe(2);
    server.close();
  });

  test('is checked as strictly as a plain request', async () => {
    const { status, type, text } = await stream(honest, '?alt=sse', ask([{ txt: 'hm' }]));
    expect([status, type]).toEqual([400, 'text/event-stream']);
    expect(JSON.parse(text).error.message).toContain('Unknown name "txt"');
    expect(JSON.parse((await stream(honest, '', {})).text)[0].error.code).toBe(400);
  });

  test('keeps thoughts whole', async () => {
    const { events } = readEvents((await stream(faults['thoughts-only'].reply)).text);
    expect(events.map(({ candidates }) => candidates?.[0]?.content?.parts)).toEqual([
      [{ text: 'The user asks about a boat.', thought: true }],
    ]);
  });
});

describe('a stream with the fault', () => {
  const boat = 'A small boat on a calm sea.';
  const read = async (name: FaultName) => {
    const { text, isWhole } = await stream(faults[name].reply);
    const { events, rest } = readEvents(text);
    return { events, rest, isWhole, text: textOf(events) };
  };

  test('cut-body breaks after some events', async () => {
    const { text, isWhole } = await read('cut-body');
    expect(boat.startsWith(text) && text !== '' && text !== boat).toBe(true);
    expect(isWhole).toBe(false);
  });

  test('truncated ends after some events, without a finish reason', async () => {
    const { text, rest, isWhole, events } = await read('truncated');
    expect([boat.startsWith(text) && text !== boat, rest, isWhole]).toEqual([true, '', true]);
    expect(JSON.stringify(events)).not.toContain('finishReason');
  });

  test('error-midway ends in an error that is bare JSON over several lines', async () => {
    const { text, rest, isWhole } = await read('error-midway');
    expect(boat.startsWith(text) && text !== '').toBe(true);
    expect(JSON.parse(rest).error.status).toBe('UNAVAILABLE');
    expect([rest.includes('\n'), isWhole]).toEqual([true, true]);
  });

  test('garbage-midway ends in an event that is no JSON', async () => {
    const { text } = await stream(faults['garbage-midway'].reply);
    expect(() => readEvents(text)).toThrow(SyntaxError);
  });

  test('blocked-midway has text before it is blocked', async () => {
    const { text, events } = await read('blocked-midway');
    expect(text).toBe('A small boat on a calm sea at');
    expect(events.at(-1)?.candidates?.[0]?.finishReason).toBe('SAFETY');
  });

  test('blocked-prompt or error-in-200 is one event', async () => {
    expect((await read('blocked-prompt')).events).toHaveLength(1);
    expect((await read('error-in-200')).events[0]?.error?.status).toBe('UNAVAILABLE');
  });

  test('no-streams is refused, and the plain request is answered', async () => {
    await start({ otherwise: faults['no-streams'].reply });
    expect((await post(emulator, good, { path: `${streamPath}?key=k&alt=sse` })).status).toBe(405);
    expect((await post(emulator, good)).status).toBe(200);
  });

  test('array-error is an array in either form', async () => {
    for (const query of ['?alt=sse', '']) {
      const { status, text } = await stream(faults['array-error'].reply, query);
      expect([status, JSON.parse(text)[0].error.code]).toEqual([429, 429]);
    }
  });
});
