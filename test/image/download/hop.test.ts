import { expect, it } from 'vitest';
import { requestImage } from '../../../src/image/download-request.ts';
import { readAll, serve } from '../../helpers/web.ts';

const signal = new AbortController().signal;

it.each([false, true])(
  'connects to no name that means a private address, unless it may; through a proxy: %s',
  async (isThroughProxy) => {
    let requests = 0;
    const server = await serve((_, response) => {
      requests += 1;
      response.end('picture');
    });
    const url = new URL(server.replace('127.0.0.1', 'localhost'));
    const hop = { url, proxy: isThroughProxy ? server : undefined, credentials: undefined };
    await expect(requestImage({ ...hop, mayBePrivate: false }, signal)).rejects.toMatchObject({
      message: `a redirect to ${url.host}, which is on a private network is not followed`,
    });
    expect(requests).toBe(0);
    const { message } = await requestImage({ ...hop, mayBePrivate: true }, signal);
    expect(String(await readAll(message))).toBe('picture');
  },
);
