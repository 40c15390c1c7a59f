import { UsageError } from '../errors.ts';
import { option, say, shown } from '../sentence.ts';
import type { OptionRows } from './row.ts';
import { choice, duration, integer, text, textOf, toggle } from './values.ts';

/** Google's origin; any gateway that implements the API can replace it. */
export const googleOrigin = 'https://generativelanguage.googleapis.com';
export const defaultApiVersion = 'v1beta';

/** How the key is sent: in the URL, in `x-goog-api-key`, or in `Authorization`. */
export type Auth = 'query' | 'header' | 'bearer';

/** Where the API is, and how it is reached. */
export const endpointOptions = {
  /** Origin or prefix of the API; Google's by default. A version in its path is kept. */
  baseUrl: {
    group: 'Endpoint and key',
    argument: 'url',
    type: textOf((value) => {
      parseBaseUrl(value, true);
      return value;
    }),
    default: googleOrigin,
    environment: 'GOOGLE_GEMINI_BASE_URL',
    help: 'base URL of the API (default: Google’s)',
  },
  /** `v1beta` by default; not used if the base URL has a version. */
  apiVersion: {
    group: 'Endpoint and key',
    argument: 'version',
    type: textOf((value) => {
      if (isVersion(value)) return value;
      throw new UsageError(`must be a version such as v1 or v1beta, not ${shown(value)}`);
    }),
    environment: 'GOOGLE_GENAI_API_VERSION',
    help: `API version in the URL (default: ${defaultApiVersion})`,
  },
  /** By default `header` for Google's hosts and `query` for others. */
  auth: {
    group: 'Endpoint and key',
    argument: 'scheme',
    type: choice(['query', 'header', 'bearer'] as const satisfies readonly Auth[]),
    help: 'how the key is sent: query, header, bearer',
  },
  apiKeyFile: {
    group: 'Endpoint and key',
    argument: 'file',
    type: text,
    isCommandLineOnly: true,
    help: 'read the API key from a file',
  },
  /** Allows plain http to another machine: key and image are sent unencrypted. */
  allowHttp: { group: 'Endpoint and key', type: toggle, help: 'allow unencrypted http to another machine' },
  /** Time limit of one attempt, and of one download, in milliseconds; 120,000 by default. */
  timeoutMs: {
    group: 'Endpoint and key',
    flag: 'timeout',
    argument: 'seconds',
    type: duration({ minimum: 1, maximum: 86_400_000 }),
    default: 120_000,
    help: 'time limit of each attempt (default: 120)',
  },
  /** Maximum retries; 3 by default. */
  retries: {
    group: 'Endpoint and key',
    argument: 'number',
    type: integer({ minimum: 0, maximum: 100 }),
    default: 3,
    help: 'maximum retries (default: 3)',
  },
  /** Maximum wait before a retry, in milliseconds; 60,000 by default. A longer one fails immediately. */
  maxWaitMs: {
    group: 'Endpoint and key',
    flag: 'max-wait',
    argument: 'seconds',
    type: duration({ minimum: 0, maximum: 86_400_000 }),
    default: 60_000,
    help: 'maximum wait before a retry (default: 60)',
  },
} as const satisfies OptionRows;

/**
 * Checks a base URL. Throws a `UsageError` that says what is wrong with it.
 *
 * @param allowHttp whether plain http to another machine is fine
 */
export function parseBaseUrl(text: string, allowHttp: boolean): URL {
  const url = text.length <= maxUrlLength && URL.canParse(text) ? new URL(text) : undefined;
  // What has a user name, a password or a query may hold a secret, and is not repeated.
  const name = /[@?#]/.test(text) ? 'the base URL' : `the base URL ${text.slice(0, 200)}`;
  if (url === undefined) throw new UsageError(`${name} is not a URL`, { hint: example });
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new UsageError(`${name} is neither http nor https`, { hint: example });
  }
  if (url.username + url.password + url.search + url.hash !== '') {
    throw new UsageError(`${name} must not have a user name, query or fragment`, {
      hint: example,
    });
  }
  if (url.protocol === 'http:' && !isThisMachine(url.hostname) && !allowHttp) {
    throw new UsageError(
      `${name} is plain http to another machine: key and image would be sent unencrypted`,
      {
        hint: say`Use https, or set ${option('allowHttp')} if you trust the network.`,
      },
    );
  }
  return url;
}

/** Longer than any that is in use; to encode the name of a host takes time that grows with the square of its length. */
const maxUrlLength = 16 * 1024;

const example = `Use a base URL such as ${googleOrigin} or http://127.0.0.1:8080.`;

/** Whether a path holds a version, such as `v1` or `v1beta`, anywhere. */
export function hasVersion(path: string): boolean {
  return path.split('/').some(isVersion);
}

/** Whether a text is a version, such as `v1` or `v1beta`. */
export function isVersion(segment: string): boolean {
  return /^v\d{1,9}(?:(?:alpha|beta)\d{0,9})?$/.test(segment);
}

/** Whether a host name is this machine's own. */
export function isThisMachine(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
