import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a raw server does with one connection; what HTTP servers are too polite for. */
export type Behaviour = (socket: Socket) => void;

/** Starts a TCP server whose connections meet one behaviour each, the last one again and again. */
export async function startRawServer(...behaviours: Behaviour[]) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    // The far side may hang up at any moment.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    const behave = behaviours[Math.min(connections, behaviours.length - 1)];
    connections += 1;
    behave?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  onTestFinished(close);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, port, connections: () => connections, close };
}

/** Reads the whole request, then writes these bytes and hangs up. */
export function answer(...pieces: (string | Uint8Array)[]): Behaviour {
  return (socket) => whenRequested(socket, () => writeAll(socket, pieces, () => socket.end()));
}

/** Reads the whole request, then writes these bytes and leaves the connection open. */
export function answerAndStay(...pieces: (string | Uint8Array)[]): Behaviour {
  return (socket) => whenRequested(socket, () => writeAll(socket, pieces, () => undefined));
}

/** Reads no more than the head of the request, writes these bytes, and closes with the rest unread. */
export function answerEarly(...pieces: (string | Uint8Array)[]): Behaviour {
  return (socket) => {
    socket.once('data', () => {
      socket.pause();
      writeAll(socket, pieces, () => socket.destroySoon());
    });
  };
}

/** An HTTP/1.1 answer with these headers and an exact Content-Length. */
export function http(status: string, headers: string[], body: string | Uint8Array = ''): Uint8Array {
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', ''].join(
    '\r\n',
  );
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** The body of a good answer with this text. */
export function goodBody(text = 'A sunset.'): string {
  return JSON.stringify({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
  });
}

function whenRequested(socket: Socket, next: () => void): void {
  let head = '';
  let missingBytes = Number.POSITIVE_INFINITY;
  socket.on('data', (chunk) => {
    missingBytes -= chunk.length;
    if (!head.includes('\r\n\r\n')) {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (end >= 0) missingBytes = end + 4 + length - head.length;
    }
    if (missingBytes > 0) return;
    socket.removeAllListeners('data').resume();
    next();
  });
}

/** Each piece in a packet of its own, as far as the system lets it. */
function writeAll(socket: Socket, pieces: readonly (string | Uint8Array)[], done: () => void): void {
  const [piece, ...rest] = pieces;
  if (piece === undefined) done();
  else socket.setNoDelay(true).write(piece, () => setImmediate(() => writeAll(socket, rest, done)));
}
