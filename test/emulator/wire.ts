import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Emulator } from '../../src/emulator/index.ts';
import { path } from './requests.ts';

/** Begins a request and leaves its body to the caller. */
export function begin(emulator: Emulator, headers: Record<string, string | number> = {}): ClientRequest {
  return httpRequest(`${emulator.url}${path}?key=secret`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Waits for what comes back: a response, or the code of an error. */
export function outcome(outgoing: ClientRequest): Promise<IncomingMessage | string> {
  return new Promise((resolve) => {
    outgoing
      .once('response', resolve)
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

/** Reads pieces as they come, and whether the end was reached. */
export async function pieces(response: IncomingMessage): Promise<{ chunks: Buffer[]; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return { chunks, isWhole: false };
  }
  return { chunks, isWhole: response.complete };
}

/** Sends raw text over a connection and reads until its end. */
export function raw(emulator: Emulator, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(Number(new URL(emulator.url).port), '127.0.0.1');
    socket
      .on('data', (chunk) => {
        received += chunk;
      })
      .on('error', () => undefined)
      .on('close', () => resolve(received))
      .end(text);
  });
}
