import { expect, it } from 'vitest';
import { type EndpointSettings, generateEndpoint } from '../../src/api/endpoint.ts';
import { CredentialError, UsageError } from '../../src/errors.ts';

const google = 'https://generativelanguage.googleapis.com';

it('asks under a path of model, base URL and version', () => {
  const cases: [string, EndpointSettings, string][] = [
    ['m', {}, `${google}/v1beta/models/m:generateContent`],
    ['models/m', {}, `${google}/v1beta/models/m:generateContent`],
    ['tunedModels/m', { apiVersion: 'v1' }, `${google}/v1/tunedModels/m:generateContent`],
    ['m', { baseUrl: 'https://gw.test', auth: 'header' }, 'https://gw.test/v1beta/models/m:generateContent'],
    ['m', { baseUrl: 'https://gw.test/', auth: 'header' }, 'https://gw.test/v1beta/models/m:generateContent'],
    [
      'm',
      { baseUrl: 'https://gw.test/gemini//', auth: 'header' },
      'https://gw.test/gemini/v1beta/models/m:generateContent',
    ],
    ['m', { baseUrl: 'https://gw.test/v1', auth: 'header' }, 'https://gw.test/v1/models/m:generateContent'],
    [
      'm',
      { baseUrl: 'https://gw.test/v1beta/', auth: 'header' },
      'https://gw.test/v1beta/models/m:generateContent',
    ],
    [
      'm',
      {
        baseUrl: 'https://us-aiplatform.googleapis.com/v1/projects/p/locations/us/publishers/google',
        auth: 'bearer',
      },
      'https://us-aiplatform.googleapis.com/v1/projects/p/locations/us/publishers/google/models/m:generateContent',
    ],
  ];
  for (const [model, settings, url] of cases) {
    expect(generateEndpoint(model, 'secret', settings).url.href, url).toBe(url);
  }
});

it('puts the key into the URL elsewhere than at Google, as the contract has it', () => {
  const { url, headers } = generateEndpoint('m', 'a/b+c&d=e', { baseUrl: 'https://gw.test' });
  expect(url.href).toBe('https://gw.test/v1beta/models/m:generateContent?key=a%2Fb%2Bc%26d%3De');
  expect(headers).toEqual({});
});

it('puts the key into a header at Google', () => {
  expect(generateEndpoint('m', 'secret', {}).headers).toEqual({ 'x-goog-api-key': 'secret' });
  expect(generateEndpoint('m', 'secret', { baseUrl: 'https://evil-googleapis.com' }).headers).toEqual({});
});

it('sends one credential, as it was told', () => {
  expect(generateEndpoint('m', 'secret', { auth: 'bearer' }).headers).toEqual({
    authorization: 'Bearer secret',
  });
  expect(generateEndpoint('m', 'secret', { auth: 'query' }).url.searchParams.get('key')).toBe('secret');
  expect(generateEndpoint('m', 'secret', { auth: 'query' }).headers).toEqual({});
});

it('allows plain http to this machine', () => {
  const cases = ['localhost', '127.0.0.1', '127.1.2.3', '[::1]', 'gw.localhost'] as const;
  for (const host of cases) {
    expect(() => generateEndpoint('m', 'secret', { baseUrl: `http://${host}:8080` })).not.toThrow();
  }
});

it('refuses a base URL that cannot be used', () => {
  const cases = [
    ['http://gw.test', 'plain http to another machine'],
    ['http://127.0.0.1.gw.test', 'plain http to another machine'],
    ['http://localhost.gw.test', 'plain http to another machine'],
    ['gw.test', 'is not a URL'],
    ['', 'is not a URL'],
    ['ftp://gw.test', 'neither http nor https'],
    ['file:///tmp/x', 'neither http nor https'],
    ['https://gw.test/?key=1', 'user name, query or fragment'],
    ['https://gw.test/#x', 'user name, query or fragment'],
  ] as const;
  for (const [baseUrl, message] of cases) {
    const ask = () => generateEndpoint('m', 'secret', { baseUrl });
    expect(ask, baseUrl).toThrow(UsageError);
    expect(ask, baseUrl).toThrow(message);
  }
});

it('does not repeat a password that stands in a base URL', () => {
  expect(() => generateEndpoint('m', 'secret', { baseUrl: 'https://me:hunter2@gw.test' })).toThrow(
    /^(?!.*hunter2).*user name/,
  );
});

it('allows plain http elsewhere when told to', () => {
  const { url } = generateEndpoint('m', 'secret', { baseUrl: 'http://gw.test', allowHttp: true });
  expect(url.protocol).toBe('http:');
});

it('refuses a model that would change the path', () => {
  const cases = ['', '..', 'a/../b', '/m', 'm/', 'm?x', 'm&x', 'm#x', 'm%2e', 'm m', 'm\n'] as const;
  for (const model of cases) {
    expect(() => generateEndpoint(model, 'secret', {}), model).toThrow(UsageError);
  }
});

it('refuses a key that no header can carry', () => {
  const cases = ['', 'a b', 'a\nb', '“key”', 'ключ'] as const;
  for (const key of cases) {
    expect(() => generateEndpoint('m', key, {}), key).toThrow(CredentialError);
  }
});
