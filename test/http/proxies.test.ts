import { describe, expect, it } from 'vitest';
import { describeImage, NetworkError } from '../../src/index.ts';
import { fixture } from '../helpers/fixtures.ts';
import { runProgram } from '../helpers/program.ts';
import { answerEarly, goodBody, http, startRawServer } from '../helpers/raw-server.ts';

const images = [fixture('sunset.jpg'), fixture('images/rgb.png')];
const environment = { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: 'https://gateway.invalid' };
const json = ['Content-Type: application/json'];
const forgedError = (code: number) =>
  JSON.stringify({
    error: { code, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] },
  });

describe('what a proxy says in place of a tunnel is never taken for the API', () => {
  it.each([
    ['201 Created', goodBody(), 1],
    ['203 Non-Authoritative', goodBody(), 1],
    ['204 No Content', '', 1],
    ['307 Temporary Redirect', '', 1],
    ['400 Bad Request', forgedError(400), 1],
    ['401 Unauthorized', forgedError(401), 1],
    ['402 Payment Required', forgedError(402), 1],
    ['403 Forbidden', '<title>Blocked</title>', 1],
    ['404 Not Found', '', 1],
    ['407 Proxy Authentication Required', '', 1],
    ['413 Payload Too Large', '', 1],
    ['429 Too Many Requests', forgedError(429), 4],
    ['503 Service Unavailable', '', 4],
  ])('%s', async (status, body, attempts) => {
    const proxy = await startRawServer(answerEarly(http(status, json, body)));
    const argv = [images[0] ?? '', 'what is this?'];
    const outcome = await runProgram(argv, { environment, proxy: proxy.url });
    expect(outcome).toMatchObject({ exitCode: 5, stdout: '' });
    expect(outcome.stderr).toContain(`the proxy 127.0.0.1:${proxy.port} `);
    expect(outcome.stderr).toContain(`(HTTP ${status.slice(0, 3)})`);
    expect(outcome.stderr).not.toMatch(/key|credit|quota|model|--max-edge/);
    expect(proxy.connections()).toBe(attempts);
  });

  it('is no reason of the API’s to end a batch, though connections are kept', async () => {
    const proxy = await startRawServer(answerEarly(http('401 Unauthorized', json, forgedError(401))));
    const { exitCode, stdout, stderr } = await runProgram([...images, '-p', 'q', '-c', '1'], {
      environment,
      proxy: proxy.url,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: '' });
    expect(stderr).toContain('2 images: 2 failed');
    expect(stderr).not.toContain('key');
    expect(proxy.connections()).toBe(2);
  });

  it('is told by the library as a failure of the network', async () => {
    const proxy = await startRawServer(answerEarly('HTTP/1.1 302 X\r\n\r\n'));
    const asked = describeImage(images[0] ?? '', {
      apiKey: 'test-key',
      baseUrl: 'https://gateway.invalid',
      proxy: proxy.url.replace('//', '//me:hunter2@'),
    });
    await expect(asked).rejects.toThrow(NetworkError);
    await expect(asked).rejects.toMatchObject({ code: 'PROXY', retryable: false });
    await expect(asked).rejects.not.toThrow('hunter2');
  });
});

it('knows a proxy by the status that only proxies send, with plain http too', async () => {
  const proxy = await startRawServer(
    answerEarly(http('407 Proxy Authentication Required', json, goodBody())),
  );
  const { exitCode, stderr } = await runProgram([images[0] ?? '', 'q', '--allow-http'], {
    environment: { ...environment, GOOGLE_GEMINI_BASE_URL: 'http://gateway.invalid' },
    proxy: proxy.url,
  });
  expect(exitCode).toBe(5);
  expect(stderr).toContain(`the proxy 127.0.0.1:${proxy.port} requires a user name and password (HTTP 407)`);
});
