import { describe, expect, it, vi } from 'vitest';
import { nextUrl } from '../../../src/image/redirects.ts';
import { startTls } from '../../helpers/tls.ts';
import { failureOf, fetchAll, redirect, serve } from '../../helpers/web.ts';

describe('where a redirect leads', () => {
  const typed = new URL('http://jane:secret@photos.example:8080/album/1#top');

  it.each([
    ['2', 'http://photos.example:8080/album/2'],
    ['/2?a=b#end', 'http://photos.example:8080/2?a=b'],
    ['//cdn.example/2', 'http://cdn.example/2'],
    ['https://tom:secret@cdn.example/2', 'https://cdn.example/2'],
    ['b\u00c3\u00a4r.png', 'http://photos.example:8080/album/b%C3%A4r.png'],
    ['http://b\u00c3\u00bccher.example/', 'http://xn--bcher-kva.example/'],
    ['HTTP://93.184.215.14/', 'http://93.184.215.14/'],
    ['http://[2606:4700::1111]/', 'http://[2606:4700::1111]/'],
  ])('%s is %s', (location, expected) => {
    expect(nextUrl(typed, location, typed).href).toBe(expected);
  });

  it.each([
    ...[
      'http://localhost/',
      'http://LOCALHOST./',
      'http://a.localhost/',
      'http://intranet/',
      'http://nas.local/',
    ],
    ...['http://metadata.google.internal/', 'http://router.home.arpa/', 'http://0/', 'http://0177.1/'],
    ...['http://127.0.0.1./', 'http://%31%32%37.0.0.1/', 'http://①②⑦.0.0.1/', 'http://10.0.0.1:8080/'],
    ...['http://[::]/', 'http://[::ffff:127.0.0.1]/', 'http://[64:ff9b::10.0.0.1]/', '//192.168.0.1/'],
    ...['http://photos.example.localhost:8080/', 'http://169.254.169.254\\@photos.example:8080/'],
  ])('is not %s', (location) => {
    expect(() => nextUrl(typed, location, typed)).toThrow('which is on a private network');
  });

  it('is a private address only where exactly that was typed', () => {
    const router = new URL('http://192.168.0.1/');
    const away = new URL('http://photos.example/');
    expect(nextUrl(away, 'http://192.168.0.1:80/photo', router).href).toBe('http://192.168.0.1/photo');
    for (const other of ['http://192.168.0.1:81/', 'https://192.168.0.1/', 'http://192.168.0.2/'])
      expect(() => nextUrl(away, other, router)).toThrow('which is on a private network');
  });

  it.each(['ftp://a.example/', 'javascript:alert(1)', 'http://', 'http://a b/', `${'x'.repeat(5000)}:y`])(
    'is not said at length where it is nowhere: %s',
    (location) => {
      expect(() => nextUrl(typed, location, typed)).toThrow(/^a redirect to .{1,40} is not followed$/);
    },
  );
});

it('is the same server where the name is an IPv6 address', async (context) => {
  const url = await serve((request, response) => {
    if (request.url === '/') redirect(response, '/image');
    else if (request.url === '/other') redirect(response, 'http://[::1]:1/');
    else response.end('picture');
  }, '::1').catch(() => context.skip('no IPv6 here'));
  expect(String((await fetchAll(url)).bytes)).toBe('picture');
  expect((await failureOf(`${url}/other`)).message).toContain('to [::1]:1, which is on a private network');
});

it('goes round in no circle', async () => {
  const url = await serve((_, response) => redirect(response, '/'));
  expect((await failureOf(url)).message).toBe('x: more than 5 redirects');
});

describe('TLS', () => {
  it('is not given up by a redirect', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const plain = await serve((request, response) => {
      if (request.url === '/image') response.end('picture');
      else redirect(response, request.url === '/' ? '/image' : plain);
    });
    const url = `https://localhost:${await startTls(plain)}`;
    expect(String((await fetchAll(url)).bytes)).toBe('picture');
    expect((await failureOf(`${url}/down`)).message).toBe('x: a redirect from https to http is not followed');
  });

  it('needs a certificate that is trusted', async () => {
    const url = await serve((_, response) => response.end('picture'));
    const failure = await failureOf(`https://localhost:${await startTls(url)}`);
    expect(failure.message).toContain('the certificate of the server is not trusted (localhost:');
    expect(failure).toMatchObject({ retryable: false });
    const plain = await failureOf(url.replace('http:', 'https:'));
    expect(plain.message).toContain('does not speak TLS here');
    expect(plain.hint).toBe('Check whether the address should use http or https.');
  });
});
