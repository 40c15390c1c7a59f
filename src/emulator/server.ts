import { once, setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readRules } from './check-head.ts';
import type { Emulator, EmulatorOptions } from './emulator.ts';
import { handleRequest } from './handle-request.ts';
import { honest } from './replies.ts';
import { Session } from './session.ts';

/**
 * Starts a server on this machine that speaks the API: as strict as the real service, and with the faults of the service
 * and of the gateways before it, when told to.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { isStrict = false, isRecording = true, maxRecordedBytes = 64 * 1024 * 1024 } = options;
  const session = new Session(isRecording, maxRecordedBytes);
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // Every answer that waits listens.
  const handling = {
    rules: readRules(options),
    session,
    otherwise: options.otherwise ?? (isStrict ? undefined : honest),
    delayMs: options.delayMs ?? 0,
    streamDelayMs: options.streamDelayMs ?? 0,
    onRequest: options.onRequest,
    signal: closing.signal,
  };

  const server = createServer((request, response) => {
    handleRequest(request, response, handling).catch((error: unknown) => {
      session.complain(`the emulator failed: ${error instanceof Error ? error.stack : error}`);
      request.socket.destroy();
    });
  });
  // A client that keeps connections must not find one closed that it is about to use.
  server.keepAliveTimeout = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (isGarbage(error)) session.complain(`bytes arrived that are not HTTP (${error.message}).`);
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
    url: urlOf(server.address() as AddressInfo) + handling.rules.basePath,
    requests: session.requests,
    enqueue: (...replies) => session.enqueue(...replies),
    verify: () => session.verify(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A connection that ends or breaks in the middle is not garbage. */
function isGarbage({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE';
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
