import { expect, it } from 'vitest';
import { ImageError, NetworkError } from '../../src/errors.ts';
import { explainNetworkFailure } from '../../src/http/failure.ts';

const url = new URL('https://gw.test:8443/v1beta/models/m:generateContent?key=secret');

it('explains each code: what happened, to which host, and whether to try again', () => {
  for (const [code, retryable, sentence] of [
    ['ECONNREFUSED', true, 'connection refused'],
    ['ECONNRESET', true, 'closed the connection early'],
    ['EPIPE', true, 'closed the connection during the upload'],
    ['EAI_AGAIN', true, 'could not be resolved'],
    ['ETIMEDOUT', true, 'timed out'],
    ['EHOSTUNREACH', true, 'cannot be reached'],
    ['ENETUNREACH', true, 'cannot be reached'],
    ['ENOTFOUND', false, 'no such host'],
    ['EPROTO', false, 'does not speak TLS'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, 'does not speak TLS'],
    ['CERT_HAS_EXPIRED', false, 'not trusted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'not trusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false, 'not trusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'not trusted'],
    ['HPE_HEADER_OVERFLOW', false, 'headers of the answer are too large'],
    ['Z_BUF_ERROR', true, 'compressed answer was cut off'],
    ['ERR__ERROR_FORMAT_PADDING_1', true, 'compressed answer is damaged'],
    ['HPE_INVALID_CONSTANT', false, 'does not speak HTTP'],
    ['ESOMETHING', false, 'the connection failed: because'],
  ] as const) {
    const explained = explainNetworkFailure(Object.assign(new Error('because'), { code }), url);
    expect(explained).toBeInstanceOf(NetworkError);
    expect(explained).toMatchObject({ code, retryable });
    expect((explained as Error).message).toContain(sentence);
    expect((explained as Error).message).toContain(`(gw.test:8443, ${code})`);
    expect((explained as Error).message).not.toContain('secret');
  }
});

it('leaves alone what is no failure of the network', () => {
  const changed = new ImageError('changed while it was being read');
  expect(explainNetworkFailure(changed, url)).toBe(changed);
});

it('knows a proxy that gives no proper answer to the wish for a tunnel', () => {
  const ended = new Error('Proxy connection ended before receiving CONNECT response');
  expect(explainNetworkFailure(ended, url, 'http://me:pw@proxy.test:3128')).toMatchObject({
    message: 'the proxy sent an invalid response (gw.test:8443 through the proxy proxy.test:3128, PROXY)',
    retryable: true,
  });
});

it.each([
  [
    'ECONNREFUSED',
    'Check `baseUrl` and the network connection.',
    'Check the address and the network connection.',
  ],
  [
    'EPROTO',
    'Check whether `baseUrl` should use http or https.',
    'Check whether the address should use http or https.',
  ],
])('says in its hint what names the host: %s', (code, byDefault, asTold) => {
  const error = Object.assign(new Error('because'), { code });
  expect(explainNetworkFailure(error, url)).toMatchObject({ hint: byDefault });
  expect(explainNetworkFailure(error, url, undefined, 'the address')).toMatchObject({ hint: asTold });
});
