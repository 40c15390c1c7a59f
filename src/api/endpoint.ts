import { CredentialError, UsageError } from '../errors.ts';
import {
  type Auth,
  defaultApiVersion,
  googleOrigin,
  hasVersion,
  isVersion,
  parseBaseUrl,
} from '../options/connection.ts';
import { parseModel } from '../options/question.ts';
import type { LibraryOptions } from '../options/table.ts';
import { version } from '../version.ts';

/** Where requests go and how the key gets there. */
export type EndpointSettings = Pick<LibraryOptions, 'baseUrl' | 'apiVersion' | 'auth' | 'allowHttp'>;

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
  const prefix = hasVersion(url.pathname) ? '' : `/${settings.apiVersion ?? defaultApiVersion}`;
  if (prefix !== '' && !isVersion(prefix.slice(1))) {
    throw new UsageError(`${JSON.stringify(settings.apiVersion)} is not a version such as v1 or v1beta`);
  }
  url.pathname = `${withoutEndSlashes(url.pathname)}${prefix}/${modelPath(parseModel(model))}:generateContent`;
  checkKey(apiKey);

  switch (settings.auth ?? defaultAuth(url)) {
    case 'query':
      // What is not set one by one is not taken apart, which takes a while.
      if (url.search === '') url.search = `key=${encodeURIComponent(apiKey)}`;
      else url.searchParams.set('key', apiKey);
      return { url, headers: {} };
    case 'header':
      return { url, headers: { 'x-goog-api-key': apiKey } };
    case 'bearer':
      return { url, headers: { authorization: `Bearer ${apiKey}` } };
  }
}

/** The headers of a request, key included. */
export function requestHeaders({ headers }: Endpoint, lengthBytes: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(lengthBytes),
    accept: 'application/json',
    'user-agent': `describe-image/${version}`,
    ...headers,
  };
}

/** Where the model stands in the path. */
function modelPath(model: string): string {
  return /^(?:models|tunedModels)\//.test(model) ? model : `models/${model}`;
}

function withoutEndSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** Google documents the header and advises against the URL, which ends up in logs: https://ai.google.dev/api#authentication */
function defaultAuth(url: URL): Auth {
  return url.hostname === 'googleapis.com' || url.hostname.endsWith('.googleapis.com') ? 'header' : 'query';
}

/** Keys have no certain shape, but what a header cannot carry is none: a line break, a space, a typographic quote. */
function checkKey(apiKey: string): void {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new CredentialError('the API key is empty or has invalid characters', {
    hint: 'Copy it again, without spaces, quotes or line breaks.',
  });
}

/** Whether an answer came from another model than was asked for; an alias such as `-latest` names no certain one. */
export function isOtherModel(asked: string, answered: string): boolean {
  const [name, version] = [asked, answered].map((model) => model.replace(/^.*\//, ''));
  if (name === undefined || name.endsWith('-latest')) return false;
  // A version may follow, such as -001 or -preview-05-06; another word names another model.
  const more = version?.startsWith(name) ? version.slice(name.length) : 'other';
  return !/^(?:-(?:\d|preview|exp|stable|latest)[\w.-]*)?$/.test(more);
}
