import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { honest } from '../../src/emulator/index.ts';
import { startBinary } from '../helpers/binary.ts';
import { useEmulator } from '../helpers/emulator.ts';
import { fixture } from '../helpers/fixtures.ts';
import { answerEarly, startRawServer } from '../helpers/raw-server.ts';
import { certificate, startTls } from '../helpers/tls.ts';

const emulator = useEmulator();
const sunset = fixture('sunset.jpg');
const port = () => new URL(emulator.url).port;
const ask = (baseUrl: string, env: Record<string, string> = {}, argv: string[] = []) =>
  startBinary([sunset, '--retries', '0', '--base-url', baseUrl, ...argv], {
    env: { GEMINI_API_KEY: 'test-key', ...env },
  });

describe('TLS', () => {
  it('works with a certificate of an authority that NODE_EXTRA_CA_CERTS names', async () => {
    emulator.enqueue(honest);
    const tlsPort = await startTls(emulator.url);
    const { exitCode, stderr } = await ask(`https://localhost:${tlsPort}`, {
      NODE_EXTRA_CA_CERTS: certificate,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('explains a certificate that is not trusted, and one for another host', async () => {
    const tlsPort = await startTls(emulator.url);
    const unknown = await ask(`https://localhost:${tlsPort}`, {}, ['--retries', '3']);
    expect(unknown.exitCode).toBe(5);
    expect(unknown.stderr).toContain('certificate of the server is not trusted');
    expect(unknown.stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(unknown.stderr).not.toContain('attempt 1');
    const other = await ask(`https://127.0.0.2:${tlsPort}`, {
      NODE_EXTRA_CA_CERTS: certificate,
    });
    expect(other.exitCode).toBe(5);
    expect(other.stderr).toMatch(/certificate of the server is not trusted|connection refused/);
  });

  it('says when one side speaks TLS and the other does not', async () => {
    const server = await startRawServer(answerEarly('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const plain = await ask(`https://localhost:${server.port}`);
    expect(plain.exitCode).toBe(5);
    expect(plain.stderr).toContain('does not speak TLS here');
    const tlsPort = await startTls(emulator.url);
    const tls = await ask(`http://localhost:${tlsPort}`);
    expect(tls.exitCode).toBe(5);
    expect(tls.stderr).toMatch(/closed the connection|does not speak HTTP/);
  });
});

describe('a proxy', () => {
  it('forwards plain http', async () => {
    emulator.enqueue(honest);
    const proxy = await startProxy();
    const { exitCode, stderr } = await ask(`http://gateway.test:${port()}`, { HTTP_PROXY: proxy.url }, [
      '--allow-http',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(proxy.log()).toContain(`forward gateway.test:${port()}`);
  });

  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
    'named by %s tunnels https and sees neither key nor image',
    async (variable) => {
      emulator.enqueue(honest);
      const proxy = await startProxy();
      const tlsPort = await startTls(emulator.url);
      // The name in the certificate is localhost, which is reached without a proxy; so trust is not what is tested here.
      const { exitCode } = await ask(`https://gateway.test:${tlsPort}`, {
        [variable]: proxy.url,
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      });
      expect(exitCode).toBe(0);
      expect(proxy.log()).toContain(`tunnel gateway.test:${tlsPort}`);
      expect(proxy.log()).not.toContain('key');
    },
  );

  it('gets the user name and password that its URL has, and they are never said', async () => {
    emulator.enqueue(honest);
    const proxy = await startProxy('me:pass%word');
    const [tlsPort, insecure] = [await startTls(emulator.url), { NODE_TLS_REJECT_UNAUTHORIZED: '0' }];
    const url = `https://gateway.test:${tlsPort}`;
    const right = await ask(
      url,
      { HTTPS_PROXY: proxy.url.replace('://', '://me:pass%25word@'), ...insecure },
      ['--debug'],
    );
    expect(right.exitCode).toBe(0);
    const wrong = await ask(url, { HTTPS_PROXY: proxy.url.replace('://', '://me:hunter2@'), ...insecure }, [
      '--debug',
    ]);
    expect(wrong.exitCode).toBe(5);
    expect(wrong.stderr).toContain(
      `the proxy ${new URL(proxy.url).host} requires a user name and password (HTTP 407)`,
    );
    expect(right.stderr + wrong.stderr).not.toMatch(/hunter2|pass%/);
  });

  it.each(['query', 'header', 'bearer'])(
    'does not make Node or its agents print the key or the password, sent as %s',
    async (auth) => {
      const key = 'AIzaSy-Debug-0123456789';
      for (const NODE_DEBUG of ['http', '*', 'net,http,https,tls,stream']) {
        emulator.enqueue(honest);
        const proxy = await startProxy('me:hunter2');
        const { exitCode, stderr } = await ask(
          `http://gateway.test:${port()}`,
          {
            DEBUG: '*',
            NODE_DEBUG,
            GEMINI_API_KEY: key,
            HTTP_PROXY: proxy.url.replace('://', '://me:hunter2@'),
          },
          ['--allow-http', '--auth', auth],
        );
        expect(exitCode).toBe(0);
        expect(stderr).not.toContain(key);
        expect(stderr).not.toMatch(/hunter2|bWU6aHVudGVyMg/);
      }
    },
  );

  it('is named when nobody answers there', async () => {
    const { exitCode, stderr } = await ask('https://gateway.test', {
      HTTPS_PROXY: 'http://me:hunter2@127.0.0.1:1',
    });
    expect(exitCode).toBe(5);
    expect(stderr).toContain('gateway.test through the proxy 127.0.0.1:1, ECONNREFUSED');
    expect(stderr).not.toContain('hunter2');
  });

  it('is not asked for this machine, nor for a host of NO_PROXY', async () => {
    emulator.enqueue(honest);
    const proxy = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
    expect((await ask(emulator.url, proxy)).exitCode).toBe(0);
    const direct = await ask('https://gateway.invalid', { ...proxy, NO_PROXY: '.invalid' });
    expect(direct.stderr).not.toContain('through the proxy');
  });

  it.runIf(process.platform !== 'win32')(
    'that says nothing any more does not keep the program alive',
    async () => {
      const silent = await startRawServer(() => undefined);
      const { exitCode, stderr } = await ask('https://gateway.test', { HTTPS_PROXY: silent.url }, [
        '--timeout',
        '0.3',
      ]);
      expect(exitCode).toBe(5);
      expect(stderr).toContain('no connection within 0.3 s');
    },
  );

  it('has to be an http or https URL', async () => {
    const { exitCode, stderr } = await ask('https://gateway.test', { HTTPS_PROXY: 'socks5://127.0.0.1:1' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('not an http or https URL');
    const escaped = await ask('https://gateway.test', { HTTPS_PROXY: 'http://me:PW%zz@127.0.0.1:1' });
    expect(escaped).toMatchObject({ exitCode: 2, stderr: expect.not.stringContaining('PW') });
  });
});

async function startProxy(credentials = '') {
  const script = fileURLToPath(new URL('../helpers/proxy-process.js', import.meta.url));
  const running = execa(process.execPath, [script, credentials], { reject: false });
  onTestFinished(() => {
    running.kill();
  });
  let log = '';
  const port = await new Promise<string>((resolve) => {
    running.stdout.on('data', (chunk: Buffer) => {
      log += chunk;
      if (log.includes('\n')) resolve(log.split('\n')[0] ?? '');
    });
  });
  return { url: `http://127.0.0.1:${port}`, log: () => log };
}
