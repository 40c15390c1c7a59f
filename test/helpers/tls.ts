import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { fixture } from './fixtures.ts';

/** The certificate for localhost that signs itself. */
export const certificate = fixture('tls/certificate.pem');

/** Puts TLS before a server on this machine; returns the port. */
export async function startTls(url: string): Promise<number> {
  const target = Number(new URL(url).port);
  const options = { key: readFileSync(fixture('tls/key.pem')), cert: readFileSync(certificate) };
  const server = createServer(options, (socket) => {
    const behind = connect(target, '127.0.0.1');
    behind.on('error', () => socket.destroy());
    socket.on('error', () => behind.destroy());
    socket.pipe(behind).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
