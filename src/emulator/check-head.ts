import { models, systemParameters } from './api-description.ts';
import type { EmulatorOptions, RecordedRequest, Refusal } from './emulator.ts';
import type { StreamFormat } from './event-stream.ts';
import { invalidArgument, invalidKey, invalidToken, unknownModel } from './replies.ts';

/** What the checks go by. */
export interface Rules {
  readonly basePath: string;
  readonly apiKeys: readonly string[] | undefined;
  readonly models: ReadonlySet<string>;
  readonly bodyLimitBytes: number;
}

/** What a path asks for. */
export interface Target {
  readonly version: string;
  /** `models` or `tunedModels`. */
  readonly collection: string;
  readonly model: string;
  readonly action: string;
}

/** Actions that the emulator does. */
const actions = ['generateContent', 'streamGenerateContent'];

type Head = Pick<RecordedRequest, 'method' | 'path' | 'headers'>;

/** Fills in what the options leave out. */
export function readRules({
  basePath = '',
  apiKeys,
  models: more = [],
  bodyLimitBytes,
}: EmulatorOptions): Rules {
  return {
    basePath: basePath.replace(/(?<!\/)\/+$/, ''),
    apiKeys,
    models: new Set([...models, ...more].map((model) => model.replace(/^models\//, ''))),
    bodyLimitBytes: bodyLimitBytes ?? 100 * 1024 * 1024,
  };
}

/**
 * Checks what is known before the body arrives.
 *
 * @param target what `parseTarget` reads out of the path
 */
export function checkHead(head: Head, target: Target | undefined, rules: Rules): Refusal | undefined {
  if (target === undefined) return noSuchMethod;
  return (
    checkAction(head, target) ??
    checkQuery(head) ??
    checkHeaders(head, rules) ??
    checkCredential(head, rules) ??
    checkModel(target, rules)
  );
}

/** Reads version and model out of a path; undefined where it has another form. */
export function parseTarget(path: string, basePath: string): Target | undefined {
  const pathname = path.replace(/\?.*$/s, '');
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const below = pathname.slice(basePath.length);
  const {
    version = '',
    collection = '',
    model = '',
    action = '',
  } = (googlePath.exec(below) ?? vertexPath.exec(below))?.groups ?? {};
  if (action === '' || !isEscaped(model)) return undefined;
  return { version, collection, model: decodeURIComponent(model), action };
}

/** How the answer is to be streamed; undefined where it is not. */
export function streamFormatOf({ path }: Head, target: Target | undefined): StreamFormat | undefined {
  if (target?.action !== 'streamGenerateContent') return undefined;
  return queryOf(path).get('alt') === 'sse' ? 'sse' : 'array';
}

/** Refuses a body for its size. */
export function tooLarge(bodyLimitBytes: number): Refusal {
  return invalidArgument(`Request payload size exceeds the limit: ${bodyLimitBytes} bytes.`);
}

const googlePath =
  /^\/(?<version>v1|v1beta|v1alpha)\/(?<collection>models|tunedModels)\/(?<model>[^/]+):(?<action>\w+)$/;

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
const vertexPath =
  /^\/(?<version>v1|v1beta1)\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/(?<collection>models)\/(?<model>[^/]+):(?<action>\w+)$/;

function isEscaped(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

const noSuchMethod: Refusal = { code: 404, status: 'NOT_FOUND', message: 'Method not found.' };
const otherActions = ['countTokens', 'batchGenerateContent', 'embedContent'];

/** https://ai.google.dev/api/generate-content#method:-models.generatecontent */
function checkAction({ method }: Head, { action }: Target): Refusal | undefined {
  if (otherActions.includes(action)) {
    return unimplemented(501, `The emulator does not do ${action}, only ${actions.join(' and ')}.`);
  }
  if (!actions.includes(action)) return noSuchMethod;
  return method === 'POST'
    ? undefined
    : unimplemented(405, `The method ${method} is not allowed here, only POST.`);
}

function unimplemented(code: number, message: string): Refusal {
  return { code, status: 'UNIMPLEMENTED', message };
}

function checkQuery({ path }: Head): Refusal | undefined {
  const unknown = [...queryOf(path).keys()].find((name) => !systemParameters.includes(name));
  if (unknown === undefined) return undefined;
  return invalidArgument(
    `Invalid JSON payload received. Unknown name "${unknown}": Cannot bind query parameter. Field '${unknown}' could not be found in request message.`,
  );
}

function queryOf(path: string): URLSearchParams {
  return new URLSearchParams(path.split('?').slice(1).join('?'));
}

/** Checks the declared length, which alone is enough to refuse a body, and the declared type. */
function checkHeaders({ headers }: Head, { bodyLimitBytes }: Rules): Refusal | undefined {
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) {
    return {
      code: 411,
      status: 'INVALID_ARGUMENT',
      message: 'POST requests require a Content-length header.',
    };
  }
  if (Number(length ?? 0) > bodyLimitBytes) return tooLarge(bodyLimitBytes);
  const type = headers['content-type'] ?? '(none)';
  if (/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type)) return undefined;
  return invalidArgument(`Invalid Content-Type: ${type}. Expected application/json.`);
}

/** Checks that there is exactly one credential, and that it is one of those that are accepted. */
function checkCredential({ path, headers }: Head, { apiKeys }: Rules): Refusal | undefined {
  const keys = [...queryOf(path).getAll('key'), String(headers['x-goog-api-key'] ?? '')].filter(Boolean);
  const { authorization } = headers;
  const tokens = authorization === undefined ? [] : [/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? ''];
  const [credential, second] = [...keys, ...tokens];
  if (credential === undefined) return unregistered;
  if (second !== undefined) {
    return invalidArgument('Multiple authentication credentials received. Please pass only one.');
  }
  if (credential !== '' && (apiKeys?.includes(credential) ?? true)) return undefined;
  return authorization === undefined ? invalidKey : invalidToken;
}

const unregistered: Refusal = {
  code: 403,
  status: 'PERMISSION_DENIED',
  message:
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
};

function checkModel({ version, collection, model }: Target, { models }: Rules): Refusal | undefined {
  const name = `${collection}/${model}`;
  const isKnown = models.has(name) || (collection === 'models' && models.has(model));
  return isKnown ? undefined : unknownModel(name, version);
}
