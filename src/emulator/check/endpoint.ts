import { invalidArgument } from '../refusal.ts';
import type { Refusal, RequestHead, Rules } from '../types.ts';

/** What a path asks for. */
export interface Target {
  readonly version: string;
  /** `models` or `tunedModels`. */
  readonly collection: string;
  readonly model: string;
  readonly action: string;
}

/** Checks method, path and query: https://ai.google.dev/api/generate-content#method:-models.generatecontent */
export function checkEndpoint({ method, path }: RequestHead, { basePath }: Rules): Refusal | undefined {
  const target = parseTarget(path, basePath);
  if (target === undefined) return { code: 404, status: 'NOT_FOUND', message: 'Method not found.' };
  if (otherActions.has(target.action)) {
    return {
      code: 501,
      status: 'UNIMPLEMENTED',
      message: `The emulator does not do ${target.action}, only generateContent.`,
    };
  }
  if (target.action !== 'generateContent') {
    return { code: 404, status: 'NOT_FOUND', message: 'Method not found.' };
  }
  if (method !== 'POST') {
    return {
      code: 405,
      status: 'UNIMPLEMENTED',
      message: `The method ${method} is not allowed here, only POST.`,
    };
  }
  return checkQuery(path);
}

/** Checks that there is such a model. */
export function checkModel({ path }: RequestHead, { basePath, models }: Rules): Refusal | undefined {
  const { version, collection, model } = parseTarget(path, basePath) ?? noTarget;
  const name = `${collection}/${model}`;
  return models.has(name) || (collection === 'models' && models.has(model))
    ? undefined
    : unknownModel(name, version);
}

/** What the service says of a model it does not know. */
export function unknownModel(name: string, version: string): Refusal {
  return {
    code: 404,
    status: 'NOT_FOUND',
    message: `${name} is not found for API version ${version}, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  };
}

/** Reads version and model out of a path; undefined where it has another form. */
export function parseTarget(path: string, basePath: string): Target | undefined {
  const pathname = path.replace(/\?.*$/s, '');
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const match =
    googlePath.exec(pathname.slice(basePath.length)) ?? vertexPath.exec(pathname.slice(basePath.length));
  if (match === null) return undefined;
  const { version = '', collection = '', model = '', action = '' } = match.groups ?? {};
  const name = decode(model);
  return name === undefined ? undefined : { version, collection, model: name, action };
}

const noTarget: Target = { version: '', collection: '', model: '', action: '' };

const googlePath =
  /^\/(?<version>v1|v1beta|v1alpha)\/(?<collection>models|tunedModels)\/(?<model>[^/]+):(?<action>\w+)$/;

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
const vertexPath =
  /^\/(?<version>v1|v1beta1)\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/(?<collection>models)\/(?<model>[^/]+):(?<action>\w+)$/;

const otherActions = new Set([
  'streamGenerateContent',
  'countTokens',
  'batchGenerateContent',
  'embedContent',
]);

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Query parameters of every Google API: https://cloud.google.com/apis/docs/system-parameters */
const systemParameters = new Set([
  'key',
  'alt',
  '$alt',
  'prettyPrint',
  '$prettyPrint',
  'fields',
  '$fields',
  'quotaUser',
]);

function checkQuery(path: string): Refusal | undefined {
  const query = new URLSearchParams(path.split('?').slice(1).join('?'));
  const unknown = [...query.keys()].find((name) => !systemParameters.has(name));
  if (unknown === undefined) return undefined;
  return invalidArgument(
    `Invalid JSON payload received. Unknown name "${unknown}": Cannot bind query parameter. Field '${unknown}' could not be found in request message.`,
  );
}
