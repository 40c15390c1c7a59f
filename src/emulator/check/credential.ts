import { errorInfo, invalidArgument } from '../refusal.ts';
import type { Refusal, RequestHead, Rules } from '../types.ts';

interface Credential {
  readonly kind: 'key' | 'token';
  readonly value: string;
}

/** Checks that there is exactly one credential, and that it is one of those that are accepted. */
export function checkCredential(head: RequestHead, { apiKeys }: Rules): Refusal | undefined {
  const [credential, second] = readCredentials(head);
  if (credential === undefined) return unregistered;
  if (second !== undefined) {
    return invalidArgument('Multiple authentication credentials received. Please pass only one.');
  }
  if (credential.value !== '' && (apiKeys === undefined || apiKeys.includes(credential.value)))
    return undefined;
  return credential.kind === 'token' ? invalidToken : invalidKey;
}

function readCredentials({ path, headers }: RequestHead): Credential[] {
  const query = new URLSearchParams(path.split('?').slice(1).join('?'));
  const keys = [...query.getAll('key'), headers['x-goog-api-key'] ?? ''].filter((key) => key !== '');
  const credentials = keys.map((key): Credential => ({ kind: 'key', value: String(key) }));
  if (headers.authorization === undefined) return credentials;
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1] ?? '';
  return [...credentials, { kind: 'token', value: token }];
}

const unregistered: Refusal = {
  code: 403,
  status: 'PERMISSION_DENIED',
  message:
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
};

/** A bad key is a 400, not a 401: https://ai.google.dev/gemini-api/docs/troubleshooting */
export const invalidKey: Refusal = invalidArgument('API key not valid. Please pass a valid API key.', [
  errorInfo('API_KEY_INVALID'),
  {
    '@type': 'type.googleapis.com/google.rpc.LocalizedMessage',
    locale: 'en-US',
    message: 'API key not valid. Please pass a valid API key.',
  },
]);

/** What the service says to a token it does not take. */
export const invalidToken: Refusal = {
  code: 401,
  status: 'UNAUTHENTICATED',
  message:
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  details: [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')],
};
