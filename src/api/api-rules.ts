import type { HttpReply } from '../http/exchange.ts';
import { retryAfterMs } from '../http/retry.ts';
import { type RetryRule, ruleForStatus } from '../http/retry-table.ts';
import { option, type Sentence, say } from '../sentence.ts';
import { asArray, asObject, asText, type JsonObject } from './json.ts';

/** What the server said of a failure, whatever shape it said it in. */
export interface ServerError {
  readonly status: number;
  readonly apiStatus: string | undefined;
  /** Its start and its end, either of which can tell what kind of failure it is; not fit to be repeated. */
  readonly message: string;
  readonly details: readonly JsonObject[];
  /** Short names that the server has for it, such as `insufficient_quota`. */
  readonly names: readonly string[];
  /** Whether a web page came in place of an answer. */
  readonly isPage: boolean;
}

/** What an error reply of the API means, and what to do about it. Option names stand in backticks. */
export interface ApiRule extends RetryRule {
  readonly hint: Sentence;
  /** Whether it is the key that was refused. */
  readonly isCredential?: true;
  /** Whether the request was larger than the server takes. */
  readonly isTooLarge?: true;
}

/** A row of the table: it is for these statuses, where its condition holds. */
interface ApiRow extends ApiRule {
  readonly statuses: readonly number[];
  readonly holds?: (error: ServerError) => boolean;
}

/** The first row that fits; else what the status means, whoever sends it. */
export function ruleFor(error: ServerError): ApiRule {
  const row = rows.find(({ statuses, holds }) => statuses.includes(error.status) && (holds?.(error) ?? true));
  if (row !== undefined) return row;
  const { what, action } = ruleForStatus(error.status);
  if (error.status < 500 && action === 'fail')
    return { what: 'the API refused the request', action, hint: checkUrl };
  return { what, action, hint: 'Try again later.' };
}

const checkUrl = say`Check ${option('baseUrl')}.`;

const credit: ApiRule = {
  what: 'the credit or spending limit of the account is used up',
  action: 'halt',
  hint: 'Add credit to the account of this key, or raise its spending limit.',
};

const key: ApiRule = {
  what: 'the API refused the key',
  action: 'halt',
  hint: 'Check the key and its restrictions: https://aistudio.google.com/apikey',
  isCredential: true,
};

const tooLarge: ApiRule = {
  what: 'the request is too large for the server',
  action: 'fail',
  hint: say`Send a smaller image, for example with ${option('maxEdge')}.`,
  isTooLarge: true,
};

/** From the most particular to the least. Statuses: https://ai.google.dev/gemini-api/docs/troubleshooting#error-codes */
const rows: readonly ApiRow[] = [
  { statuses: [402], ...credit },
  { statuses: [400, 403, 429], holds: saysCredit, ...credit },
  {
    statuses: [403],
    holds: ({ isPage }) => isPage,
    what: 'a web page, not the API, refused the request',
    action: 'halt',
    hint: say`Check ${option('baseUrl')}, the network and the region: a gateway or filter may block the request.`,
  },
  { statuses: [401, 403], ...key },
  { statuses: [400], holds: saysBadKey, ...key },
  {
    statuses: [400],
    holds: ({ apiStatus, message }) =>
      apiStatus === 'FAILED_PRECONDITION' || /\blocation is not supported\b/i.test(message),
    what: 'the API refused the account',
    action: 'halt',
    hint: 'Check the region and the billing of the account.',
  },
  // An HTTP 400 has many causes, and mostly its message alone tells them apart.
  { statuses: [400], holds: ({ message }) => /size exceeds|too large/i.test(message), ...tooLarge },
  { statuses: [413], ...tooLarge },
  {
    statuses: [400],
    holds: ({ message }) => /process input image/i.test(message),
    what: 'the API refused the request',
    action: 'fail',
    hint: 'The image may be damaged: open it, save it again, and send that.',
  },
  {
    statuses: [400],
    what: 'the API refused the request',
    action: 'fail',
    hint: 'Check the settings that the message names.',
  },
  {
    statuses: [404],
    what: 'model or path not found',
    action: 'halt',
    hint: say`Check ${option('model')}, ${option('baseUrl')} and ${option('apiVersion')}.`,
  },
  {
    statuses: [407],
    what: 'the proxy requires a user name and password',
    action: 'halt',
    hint: 'Add them to the URL of the proxy: HTTPS_PROXY=http://user:password@host:port',
  },
  {
    statuses: [429],
    holds: saysDaily,
    what: 'the daily quota is used up',
    action: 'halt',
    hint: 'The daily quota resets at midnight Pacific time (07:00 or 08:00 UTC); each model and project has its own.',
  },
  {
    statuses: [429],
    what: 'the rate limit or quota is used up',
    action: ruleForStatus(429).action,
    hint: say`Wait a minute, or raise ${option('retries')}.`,
  },
];

/**
 * Money that is used up comes back with a payment, not with time. Google says it with an HTTP 429, others with a 400 or 403.
 * Spaces stand for underscores and hyphens, too.
 */
function saysCredit({ message, names }: ServerError): boolean {
  const said = [message, ...names].join('\n').replace(/[_-]/g, ' ');
  return creditPhrases.some((phrase) => phrase.test(said));
}

const creditPhrases = [
  /\bcredits?\b.{0,30}\b(?:depleted|exhausted|used up|expired|ran out|run out)\b/i,
  /\bcredit balance\b/i,
  /\b(?:balance|credits?|funds)\b.{0,20}\b(?:too low|insufficient|not enough)\b/i,
  /\b(?:insufficient|not enough|out of|no more|no remaining|requires more)\s+(?:\w{1,20}\s+)?(?:credits?|funds|balance|quota)\b/i,
  /\b(?:spend|spending|billing|budget|monthly)\s+(?:\w{1,20}\s+)?(?:cap|limit|budget|quota)\b/i,
];

/** A refused key is an HTTP 400 with a reason of its own, or with the message alone where a gateway drops the reason. */
function saysBadKey({ message, details, names }: ServerError): boolean {
  const reasons = [...names, ...details.map(({ reason }) => asText(reason))];
  return (
    reasons.some((reason) => /^(?:API_KEY_(?:INVALID|EXPIRED)|invalid_api_key)$/i.test(reason ?? '')) ||
    /\bapi[ _-]?key\b.{0,30}\b(?:not valid|invalid|expired|not found|missing|revoked|disabled)\b/i.test(
      message,
    ) ||
    /\b(?:invalid|expired|missing|incorrect)\s+api[ _-]?key\b/i.test(message)
  );
}

/** A quota that comes back at midnight, not in a minute. */
function saysDaily({ message, details }: ServerError): boolean {
  const violations = details.flatMap((detail) => asArray(detail.violations).map(asObject));
  const isDaily = violations.some(({ quotaId }) => /PerDay|Daily/.test(asText(quotaId) ?? ''));
  return isDaily || /\blimit: 0\b/.test(message);
}

/**
 * How long the server asks to wait, in milliseconds: by the details of the error, else by the HTTP header, else by its message.
 *
 * @param nowMs the current time in milliseconds since 1970
 */
export function serverWaitMs(
  { details, message }: Pick<ServerError, 'details' | 'message'>,
  headers: HttpReply['headers'],
  nowMs: number,
): number | undefined {
  return detailMs(details) ?? retryAfterMs(headers, nowMs) ?? messageMs(message);
}

/** `RetryInfo`, https://cloud.google.com/apis/design/errors#retry_info, else what `ErrorInfo` has in its metadata. */
function detailMs(details: readonly JsonObject[]): number | undefined {
  const said = [
    ...details.map(({ retryDelay }) => retryDelay),
    ...details.map(({ metadata }) => asObject(metadata).quotaResetDelay),
  ];
  const delays = said.map((text) => durationMs(asText(text) ?? ''));
  return delays.find((delay) => delay !== undefined);
}

const amount = String.raw`\d{1,9}(?:\.\d{1,12})?`;
const unit = '(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)';
const duration = String.raw`${amount}\s{0,2}${unit}\b|${amount}${unit}(?=\d)`;
const durations = String.raw`(?:${duration})(?:(?:,|\s{1,2}and)?\s{0,2}(?:${duration})){0,4}`;

const wholeDuration = new RegExp(`^${durations}$`, 'i');
const request = new RegExp(
  String.raw`\b(?:(?:retry|retrying|try|trying)(?: again| your request| the request| this request)?|resets?|wait)(?: in| after| for)?:?(?: about| approximately| at least| another)? ~?(${durations})`,
  'i',
);

/** "Please retry in 38.9s." is all that some errors tell: https://github.com/google-gemini/gemini-cli/issues/12586 */
function messageMs(message: string): number | undefined {
  const found = request.exec(message)?.[1];
  return found === undefined ? undefined : durationMs(found);
}

/** `45.8s`, `500ms`, `1h2m3.5s`, `2 minutes and 5 seconds`; undefined for anything else. */
function durationMs(text: string): number | undefined {
  if (!wholeDuration.test(text)) return undefined;
  const parts = text.matchAll(new RegExp(String.raw`(${amount})\s{0,2}(${unit})`, 'gi'));
  const sumMs = [...parts].reduce((sum, [, count, name = '']) => sum + Number(count) * unitMs(name), 0);
  return Math.ceil(sumMs);
}

function unitMs(name: string): number {
  const spelled = name.toLowerCase();
  if (/^(?:ms|millis|msec)/.test(spelled)) return 1;
  const perUnit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
  return perUnit[spelled.charAt(0) as keyof typeof perUnit];
}
