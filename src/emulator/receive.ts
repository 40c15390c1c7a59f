import type { IncomingMessage } from 'node:http';

export interface Received {
  readonly body: Buffer;
  /** `cut-off` where the client hung up before its declared end, `too-large` where nobody read on. */
  readonly end: 'complete' | 'cut-off' | 'too-large';
}

/** Reads a body up to a limit. What lies beyond stays in the connection. */
export function receiveBody(request: IncomingMessage, limitBytes: number): Promise<Received> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (end: Received['end']) => {
      request.off('data', collect);
      resolve({ body: Buffer.concat(chunks), end });
      chunks.length = 0;
    };
    const collect = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes) finish('too-large');
    };
    request
      .on('data', collect)
      .once('end', () => finish('complete'))
      .once('close', () => finish('cut-off'))
      .on('error', () => undefined); // 'close' follows.
  });
}
