import { DescribeImageError, NetworkError } from '../errors.ts';

/**
 * Turns what Node throws for a connection into a `NetworkError` that names the host, never the path or the key.
 *
 * @param address what a person changes to reach another host, for the hints
 */
export function explainNetworkFailure(
  error: unknown,
  url: URL,
  proxy?: string,
  address = '`baseUrl`',
): unknown {
  if (error instanceof DescribeImageError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  // What has no code comes from no connection: an error of a callback, or a bug.
  if (code === undefined) return error;
  const [what, retryable, advice] = known[code] ?? otherFailure(code, error);
  const hint = advice.replace('ADDRESS', address);
  const where = proxy === undefined ? url.host : `${url.host} through the proxy ${new URL(proxy).host}`;
  return new NetworkError(`${what} (${where}${code && `, ${code}`})`, {
    hint,
    code,
    retryable,
    cause: error,
  });
}

/** What ends the wait for a proxy's word on a tunnel has no code of its own. */
function codeOf(error: Error): string | undefined {
  if ('code' in error) return String(error.code);
  return /\bCONNECT response\b/.test(error.message) ? 'PROXY' : undefined;
}

/** ADDRESS in a hint stands for what names the host. */
type Explanation = readonly [what: string, retryable: boolean, hint: string];

const checkHost = 'Check ADDRESS and the network connection.';
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
  PROXY: ['the proxy gave no proper answer', true, tryLater],
  HPE_HEADER_OVERFLOW: ['the headers of the answer are too large', false, checkHost],
  Z_BUF_ERROR: ['the compressed answer was cut off', true, tryLater],
  Z_DATA_ERROR: ['the compressed answer is damaged', true, tryLater],
};

function otherFailure(code: string, error: Error): Explanation {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return noTls;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code)) return certificate;
  if (code.startsWith('HPE_')) return ['the server does not speak HTTP', false, checkHost];
  // Node's codes for what Brotli says of data.
  if (code.startsWith('ERR__ERROR_FORMAT')) return ['the compressed answer is damaged', true, tryLater];
  return [`the connection failed: ${error.message}`, false, checkHost];
}

const certificate: Explanation = [
  'the certificate of the server is not trusted',
  false,
  'Name the right host; for an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate.',
];

const noTls: Explanation = [
  'the server does not speak TLS here',
  false,
  'Check whether ADDRESS should say http or https.',
];
