import { option, type Sentence, say } from '../sentence.ts';

/**
 * What follows from a failure: it is final for this request (`fail`); another attempt can help (`retry`); it can, and until
 * then no other request starts, as the quota is everybody's (`pause`); every other request would fail in the same way, so a
 * batch ends (`halt`).
 */
export type Action = 'fail' | 'retry' | 'pause' | 'halt';

/** One row of a table of failures. */
export interface RetryRule {
  /** What happened, as messages say it. */
  readonly what: string;
  readonly action: Action;
}

/** Whether another attempt can help. */
export function isRetryable({ action }: Pick<RetryRule, 'action'>): boolean {
  return action === 'retry' || action === 'pause';
}

/** Whether a status says that there are too many requests: the quota is everybody's. */
export function pausesAll(status: number | undefined): boolean {
  return status !== undefined && ruleForStatus(status).action === 'pause';
}

/** What to do where the server asks for more time than is left. */
export function adviceOnWait(waitMs: number): Sentence {
  return say`The server asks to wait ${Math.ceil(waitMs / 1000)} s; see ${option('maxWaitMs')} and ${option('retries')}.`;
}

/**
 * What an HTTP status means, whoever sends it; the API (`api/api-rules.ts`) and downloads have words of their own for what
 * only they can know. From 520 to 524, content delivery networks tell of the server behind them.
 */
export function ruleForStatus(status: number): RetryRule {
  return statuses[status] ?? (status >= 500 ? serverFailed : refused);
}

const refused: RetryRule = { what: 'the server refused the request', action: 'fail' };
const serverFailed: RetryRule = { what: 'the server failed', action: 'fail' };

const statuses: Readonly<Record<number, RetryRule>> = {
  408: { what: 'the server timed out waiting for the request', action: 'retry' },
  425: { what: 'the server does not accept the request yet', action: 'retry' },
  429: { what: 'too many requests', action: 'pause' },
  500: { what: 'the server failed', action: 'retry' },
  502: { what: 'the server failed', action: 'retry' },
  503: { what: 'the server failed', action: 'retry' },
  504: { what: 'the server failed', action: 'retry' },
  520: { what: 'the gateway received an invalid response from the server', action: 'retry' },
  521: { what: 'the server behind the gateway refused the connection', action: 'retry' },
  522: { what: 'the connection to the server behind the gateway timed out', action: 'retry' },
  523: { what: 'the server behind the gateway cannot be reached', action: 'retry' },
  524: { what: 'the gateway timed out waiting for the server', action: 'retry' },
  529: { what: 'the server is overloaded', action: 'retry' },
};

/** A failure of the network: a row that also says what to do. */
export interface NetworkRule extends RetryRule {
  /** What to do, by what a person changes to reach another host. */
  readonly hint: (address: Sentence) => Sentence;
  /** Whether no connection came about, so that nothing was asked. */
  readonly isUnreachable?: true;
}

/** What a code of Node, or of this package, means. */
export function ruleForCode(code: string): NetworkRule | undefined {
  if (Object.hasOwn(codes, code)) return codes[code];
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return noTls;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code)) return certificate;
  if (code.startsWith('HPE_'))
    return { what: 'the server does not speak HTTP', action: 'fail', hint: checkHost };
  // Node's codes for what Brotli says of data.
  if (code.startsWith('ERR__ERROR_FORMAT')) return damaged;
  return undefined;
}

/** What a person looks at where the host may be the wrong one. */
export const checkHost = (address: Sentence) => say`Check ${address} and the network connection.`;
const tryLater = () => 'Try again; if it persists, check the network and any proxy or gateway.';

const damaged: NetworkRule = { what: 'the compressed answer is damaged', action: 'retry', hint: tryLater };

const certificate: NetworkRule = {
  what: 'the certificate of the server is not trusted',
  action: 'fail',
  hint: () => 'Check the host name; for your own CA, set NODE_EXTRA_CA_CERTS to its certificate.',
  isUnreachable: true,
};

const noTls: NetworkRule = {
  what: 'the server does not speak TLS here',
  action: 'fail',
  hint: (address) => say`Check whether ${address} should use http or https.`,
  isUnreachable: true,
};

const unreachable = (what: string, action: Action, hint: NetworkRule['hint'] = checkHost): NetworkRule => ({
  what,
  action,
  hint,
  isUnreachable: true,
});

const codes: Readonly<Record<string, NetworkRule>> = {
  ECONNREFUSED: unreachable('connection refused', 'retry'),
  ENOTFOUND: unreachable('no such host', 'fail'),
  EAI_AGAIN: unreachable('the host name could not be resolved', 'retry'),
  ETIMEDOUT: unreachable('the connection timed out', 'retry'),
  EHOSTUNREACH: unreachable('the host cannot be reached', 'retry'),
  ENETUNREACH: unreachable('the network cannot be reached', 'retry'),
  EHOSTDOWN: unreachable('the host cannot be reached', 'retry'),
  ENETDOWN: unreachable('the network is down', 'retry'),
  PROXY: unreachable('the proxy sent an invalid response', 'retry', tryLater),
  // What this package finds by itself; each answer would be lost in the same way, and paid for.
  CONTENT_ENCODING: {
    what: 'the reply has an unsupported Content-Encoding',
    action: 'halt',
    hint: () => 'Configure the server or gateway to use gzip or no compression; zstd requires Node 22.15.',
  },
  UPGRADE: {
    what: 'the server switched to another protocol',
    action: 'halt',
    hint: (address) => say`Check ${address}.`,
  },
  ECONNRESET: { what: 'the server closed the connection early', action: 'retry', hint: tryLater },
  ECONNABORTED: { what: 'the connection was aborted', action: 'retry', hint: tryLater },
  EPIPE: { what: 'the server closed the connection during the upload', action: 'retry', hint: tryLater },
  HPE_HEADER_OVERFLOW: { what: 'the headers of the answer are too large', action: 'fail', hint: checkHost },
  Z_BUF_ERROR: { what: 'the compressed answer was cut off', action: 'retry', hint: tryLater },
  Z_DATA_ERROR: damaged,
};
