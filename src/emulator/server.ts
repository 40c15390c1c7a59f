import { once, setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { exchange } from './exchange.ts';
import { knownModels } from './models.ts';
import { makeQueue } from './queue.ts';
import { honest } from './replies/build.ts';
import type { Emulator, EmulatorOptions, RecordedRequest, Rules } from './types.ts';

/**
 * Starts a server on this machine that speaks the API: as strict as the real service, and as unkind as what stands before
 * it, when told to.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { isStrict = false, isRecording = true } = options;
  const rules = readRules(options);
  const queue = makeQueue();
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  // Every answer that waits listens.
  setMaxListeners(0, closing.signal);
  const exchangeOptions = {
    rules,
    queue,
    otherwise: options.otherwise ?? (isStrict ? undefined : honest),
    delayMs: options.delayMs ?? 0,
    onArrival: (request: RecordedRequest) => isRecording && requests.push(request),
    onRequest: (request: RecordedRequest) => options.onRequest?.(request),
    signal: closing.signal,
  };

  const server = createServer((request, response) => {
    exchange(request, response, exchangeOptions).catch((error: unknown) => {
      queue.complain(`the emulator failed: ${error instanceof Error ? error.stack : error}`);
      request.socket.destroy();
    });
  });
  // A client that keeps connections must not find one closed that it is about to use.
  server.keepAliveTimeout = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (isGarbage(error)) queue.complain(`bytes arrived that are not HTTP (${error.message}).`);
    socket.destroy();
  });
  server.on('connection', (socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });

  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');

  const close = async () => {
    closing.abort();
    const isOpen = server.listening;
    server.close();
    for (const socket of sockets) socket.destroy();
    if (isOpen) await once(server, 'close');
  };
  return {
    url: urlOf(server.address() as AddressInfo) + rules.basePath,
    requests,
    enqueue: queue.enqueue,
    verify: queue.verify,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const usualBodyLimitBytes = 100 * 1024 * 1024;

function readRules({ basePath = '', apiKeys, models = [], bodyLimitBytes }: EmulatorOptions): Rules {
  return {
    basePath: basePath.replace(/\/+$/, ''),
    apiKeys,
    models: knownModels(models),
    bodyLimitBytes: bodyLimitBytes ?? usualBodyLimitBytes,
  };
}

/** A connection that ends or breaks in the middle is not garbage. */
function isGarbage({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE';
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
