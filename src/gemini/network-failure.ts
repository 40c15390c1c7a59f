import { DescribeImageError, NetworkError } from '../errors.ts';

/** Turns what Node throws for a connection into a `NetworkError` that names the host, never the path or the key. */
export function explainNetworkFailure(error: unknown, url: URL, proxy?: string): unknown {
  // What has no code comes from no connection: an error of ours, or of a callback.
  if (error instanceof DescribeImageError || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const [what, retryable, hint] = known[code] ?? tlsFailure(code) ?? unknownFailure(error);
  const where = proxy === undefined ? url.host : `${url.host} through the proxy ${new URL(proxy).host}`;
  return new NetworkError(`${what} (${where}${code && `, ${code}`})`, {
    hint,
    code,
    retryable,
    cause: error,
  });
}

type Explanation = readonly [what: string, retryable: boolean, hint: string];

const checkHost = 'Check `baseUrl` and the network connection.';
const tryLater = 'Try again; if it goes on, check what stands between here and the server.';

const known: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: ['nobody answers at the server', true, checkHost],
  ENOTFOUND: ['no such host', false, checkHost],
  EAI_AGAIN: ['the host name could not be looked up', true, checkHost],
  ECONNRESET: ['the server closed the connection early', true, tryLater],
  EPIPE: ['the server closed the connection during the upload', true, tryLater],
  ETIMEDOUT: ['the connection timed out', true, checkHost],
  EHOSTUNREACH: ['the host cannot be reached', true, checkHost],
  ENETUNREACH: ['the network cannot be reached', true, checkHost],
  Z_BUF_ERROR: ['the compressed answer was cut off', true, tryLater],
  Z_DATA_ERROR: ['the compressed answer is damaged', true, tryLater],
};

const certificate: Explanation = [
  'the certificate of the server is not trusted',
  false,
  'Name the right host; for an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate.',
];

const noTls: Explanation = [
  'the server does not speak TLS here',
  false,
  'Check whether `baseUrl` should say http or https.',
];

function tlsFailure(code: string): Explanation | undefined {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return noTls;
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code) ? certificate : undefined;
}

function unknownFailure(error: Error): Explanation {
  const isHttp = 'code' in error && String(error.code).startsWith('HPE_');
  return isHttp
    ? ['the server does not speak HTTP', false, checkHost]
    : [`the connection failed: ${error.message}`, false, checkHost];
}
