import { models, systemParameters } from './api-description.ts';
import { invalidArgument, invalidKey, invalidToken, unknownModel } from './replies.ts';
import type { StreamFormat } from './send.ts';
import type { EmulatorOptions, RecordedRequest, Refusal } from './types.ts';

/** What the checks go by. */
export type Rules = ReturnType<typeof readRules>;

/** What a path asks for. */
export interface Target {
  readonly version: string;
  /** With what it is one of: `models/gemini-2.5-pro`, `tunedModels/mine`. */
  readonly name: string;
  readonly model: string;
  readonly action: string;
}

/** Actions that the emulator does. */
const actions = ['generateContent', 'streamGenerateContent'];
const otherActions = ['countTokens', 'batchGenerateContent', 'embedContent'];

type Head = Pick<RecordedRequest, 'method' | 'path' | 'headers'>;

/** Fills in what the options leave out. */
export function readRules(options: EmulatorOptions) {
  const { basePath = '', apiKeys, models: more = [], bodyLimitBytes = 100 * 1024 * 1024 } = options;
  return {
    basePath: basePath.replace(/(?<!\/)\/+$/, ''),
    apiKeys,
    models: new Set([...models, ...more].map((name) => (name.includes('/') ? name : `models/${name}`))),
    bodyLimitBytes,
  };
}

/**
 * Checks what is known before the body arrives.
 *
 * @param target what `parseTarget` reads out of the path
 */
export function checkHead(head: Head, target: Target | undefined, rules: Rules): Refusal | undefined {
  if (target === undefined) return refusal(404, 'NOT_FOUND', 'Method not found.');
  return (
    checkAction(head, target) ??
    checkQuery(head) ??
    checkHeaders(head, rules) ??
    checkCredential(head, rules) ??
    (rules.models.has(target.name) ? undefined : unknownModel(target.name, target.version))
  );
}

const googlePath =
  /^\/(?<version>v1|v1beta|v1alpha)\/(?<collection>models|tunedModels)\/(?<model>[^/]+):(?<action>\w+)$/;

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
const vertexPath =
  /^\/(?<version>v1|v1beta1)\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/(?<collection>models)\/(?<model>[^/]+):(?<action>\w+)$/;

/** Reads version and model out of a path; undefined where it has another form, or an action that nobody knows. */
export function parseTarget(path: string, basePath: string): Target | undefined {
  const pathname = path.replace(/\?.*$/s, '');
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const below = pathname.slice(basePath.length);
  const { groups = {} } = googlePath.exec(below) ?? vertexPath.exec(below) ?? {};
  const { version = '', collection = '', action = '' } = groups;
  const model = unescaped(groups.model ?? '');
  return model !== '' && [...actions, ...otherActions].includes(action)
    ? { version, name: `${collection}/${model}`, model, action }
    : undefined;
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

function refusal(code: number, status: string, message: string): Refusal {
  return { code, status, message };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** https://ai.google.dev/api/generate-content#method:-models.generatecontent */
function checkAction({ method }: Head, { action }: Target): Refusal | undefined {
  if (otherActions.includes(action)) {
    const message = `The emulator does not do ${action}, only ${actions.join(' and ')}.`;
    return refusal(501, 'UNIMPLEMENTED', message);
  }
  if (method === 'POST') return undefined;
  return refusal(405, 'UNIMPLEMENTED', `The method ${method} is not allowed here, only POST.`);
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
    return refusal(411, 'INVALID_ARGUMENT', 'POST requests require a Content-length header.');
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
  if (credential === undefined) {
    const message =
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
    return refusal(403, 'PERMISSION_DENIED', message);
  }
  if (second !== undefined) {
    return invalidArgument('Multiple authentication credentials received. Please pass only one.');
  }
  if (credential !== '' && (apiKeys?.includes(credential) ?? true)) return undefined;
  return authorization === undefined ? invalidKey : invalidToken;
}
