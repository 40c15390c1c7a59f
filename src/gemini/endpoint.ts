import { CredentialError, UsageError } from '../errors.ts';
import type { Auth } from '../types.ts';
import { modelPath, parseModel } from './model.ts';
import { defaultApiVersion, googleOrigin } from './wire.ts';

/** Where requests go and how the key gets there. */
export interface EndpointSettings {
  /** Origin or prefix of the API; Google's own unless given. A version in its path is used as it is. */
  readonly baseUrl?: string | undefined;
  /** `v1beta` unless given or part of the base URL. */
  readonly apiVersion?: string | undefined;
  /** By default the header for Google's hosts and `?key=` elsewhere. */
  readonly auth?: Auth | undefined;
  /** Allows plain http to another machine, key and image in the clear. */
  readonly allowHttp?: boolean | undefined;
}

/** A URL and headers that hold the key: to be sent, never to be shown. */
export interface Endpoint {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Puts URL and headers of a `generateContent` call together. Throws a `UsageError` for an unusable model or base URL, and
 * a `CredentialError` for a key that cannot be one.
 */
export function generateEndpoint(model: string, apiKey: string, settings: EndpointSettings): Endpoint {
  const url = parseBaseUrl(settings.baseUrl ?? googleOrigin, settings.allowHttp ?? false);
  const version = hasVersion(url.pathname) ? '' : `/${settings.apiVersion ?? defaultApiVersion}`;
  if (version !== '' && !isVersion(version.slice(1))) {
    throw new UsageError(`${JSON.stringify(settings.apiVersion)} is not a version such as v1 or v1beta`);
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${version}/${modelPath(parseModel(model))}:generateContent`;
  checkKey(apiKey);

  switch (settings.auth ?? defaultAuth(url)) {
    case 'query':
      url.searchParams.set('key', apiKey);
      return { url, headers: {} };
    case 'header':
      return { url, headers: { 'x-goog-api-key': apiKey } };
    case 'bearer':
      return { url, headers: { authorization: `Bearer ${apiKey}` } };
  }
}

/** Checks a base URL. Throws a `UsageError` that says what is wrong with it. */
export function parseBaseUrl(text: string, allowHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // What has a user name, a password or a query may hold a secret, and is not repeated.
  const shown = /[@?#]/.test(text) ? 'the base URL' : `the base URL ${text}`;
  if (url === undefined) throw new UsageError(`${shown} is not a URL`, { hint: example });
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new UsageError(`${shown} is neither http nor https`, { hint: example });
  }
  if (url.username + url.password + url.search + url.hash !== '') {
    throw new UsageError(`${shown} has a user name, query or fragment, which it cannot have`, {
      hint: example,
    });
  }
  if (url.protocol === 'http:' && !isThisMachine(url.hostname) && !allowHttp) {
    throw new UsageError(
      `${shown} is plain http to another machine: key and image would travel in the clear`,
      {
        hint: 'Use https, or set `allowHttp` where the network is your own.',
      },
    );
  }
  return url;
}

const example = `A base URL looks like ${googleOrigin} or http://127.0.0.1:8080.`;

/** Whether a path holds a version, such as `v1` or `v1beta`, anywhere. */
export function hasVersion(path: string): boolean {
  return path.split('/').some(isVersion);
}

/** Whether a text is a version, such as `v1` or `v1beta`. */
export function isVersion(segment: string): boolean {
  return /^v\d+(?:(?:alpha|beta)\d*)?$/.test(segment);
}

/** Google documents the header and advises against the URL, which ends up in logs: https://ai.google.dev/api#authentication */
function defaultAuth(url: URL): Auth {
  return url.hostname === 'googleapis.com' || url.hostname.endsWith('.googleapis.com') ? 'header' : 'query';
}

/** Keys have no certain shape, but what a header cannot carry is none: a line break, a space, a typographic quote. */
function checkKey(apiKey: string): void {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new CredentialError('the API key is empty or has characters that no key has', {
    hint: 'Copy it again, without spaces, quotes or line breaks.',
  });
}

/** Whether a host name is this machine's own. */
export function isThisMachine(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
