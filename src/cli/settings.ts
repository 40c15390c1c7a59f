import type { DescribeOptions } from '../describe-options.ts';
import { UsageError } from '../errors.ts';
import { hasVersion, isThisMachine, parseBaseUrl } from '../gemini/endpoint.ts';
import { hiddenKey } from '../gemini/secret.ts';
import { googleOrigin, mostStopSequences } from '../gemini/wire.ts';
import { findApiKey, missingKey } from './credentials.ts';
import { type ImageSettings, resolveImages } from './images.ts';
import type { Io } from './io.ts';
import type { OptionRow } from './option-row.ts';
import { flagName, type OptionName, type OptionValues, optionNames, options } from './options.ts';
import type { Arguments } from './program.ts';
import { resolvePrompt } from './prompt.ts';

/** What is said of many images, and of where their answers are kept. */
export interface BatchSettings {
  /** Requests at once. */
  readonly concurrency: number | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly failFast: boolean;
  /** The journal. */
  readonly output: string | undefined;
  /** The extension of the files beside the images, with its dot. */
  readonly sidecar: string | undefined;
  readonly overwrite: boolean;
  /** A file with prices of models. */
  readonly prices: string | undefined;
}

/** All that was said, understood and valid. Nothing later reads the environment or checks again. */
export interface Settings {
  readonly images: ImageSettings;
  readonly question: DescribeOptions;
  readonly batch: BatchSettings;
  readonly format: 'text' | 'json' | 'raw';
  readonly isDryRun: boolean;
  readonly showsUsage: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly isDebug: boolean;
  readonly warnings: readonly string[];
}

/**
 * Makes settings of a command line and its environment: option, then environment, then default.
 * Throws a `UsageError`, or a `CredentialError` where there is no key.
 */
export async function resolveSettings({ operands, given }: Arguments, io: Io): Promise<Settings> {
  const values = { ...readEnvironment(io.environment, given), ...parseGiven(given) };
  const url = checkTogether(values, given);
  const { apiKeyFile, json, raw, usage, dryRun, quiet, verbose, debug, noColor, ...asked } = values;
  const { clipboard, filesFrom, null: _, recursive, together, noConvert, ...rest } = asked;
  const { concurrency, rpm, failFast = false, output, sidecar, overwrite = false, prices, ...more } = rest;
  const { timeout, maxWait, stop, prompt, ...question } = more;
  const { images, prompt: operand } = resolveImages(operands, values, io);
  const credential = await findApiKey(apiKeyFile, io);
  if (credential === undefined && !dryRun) throw missingKey(io.environment);
  return Object.freeze({
    images,
    question: {
      ...question,
      prompt: prompt === undefined ? operand : await resolvePrompt(prompt, io),
      convert: !noConvert,
      stopSequences: stop,
      timeoutMs: timeout,
      maxWaitMs: maxWait,
      proxy: await findProxy(url, io),
      proxyFor: (imageUrl: URL) => findProxy(imageUrl, io),
      // A dry run sends nothing, so it can do without a key and show where one would be.
      apiKey: credential?.apiKey ?? hiddenKey,
    },
    batch: { concurrency, requestsPerMinute: rpm, failFast, output, sidecar, overwrite, prices },
    format: json ? 'json' : raw ? 'raw' : 'text',
    isDryRun: dryRun ?? false,
    showsUsage: usage ?? false,
    isQuiet: quiet ?? false,
    isVerbose: verbose ?? debug ?? false,
    isDebug: debug ?? false,
    warnings: warningsAbout(credential),
  });
}

function warningsAbout(credential: Awaited<ReturnType<typeof findApiKey>>): string[] {
  if (credential === undefined) return ['no API key is set, and a real run needs one'];
  return credential.warning === undefined ? [] : [credential.warning];
}

function parseGiven(given: Arguments['given']): OptionValues {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of optionNames) {
    const texts = given[name];
    if (texts !== undefined) values[name] = parseOption(name, texts, flagName(name));
  }
  return values as OptionValues;
}

/** Variables of options that were not given; a wrong value of another does no harm. */
function readEnvironment(environment: Io['environment'], given: Arguments['given']): OptionValues {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of optionNames) {
    const { environment: variable }: OptionRow = options[name];
    const text = variable && environment[variable]?.trim();
    if (text && given[name] === undefined) values[name] = parseOption(name, [text], variable);
  }
  return values as OptionValues;
}

/** Parses what was said for one option; of a single one, the last word holds. */
function parseOption(name: OptionName, texts: readonly string[], said: string): unknown {
  const { parse, isRepeatable }: OptionRow = options[name];
  if (parse === undefined) return true;
  try {
    const parsed = texts.map(parse);
    return isRepeatable ? parsed : parsed.at(-1);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${said}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/** What is right alone and wrong together; returns where the API is. */
function checkTogether(values: OptionValues, given: Arguments['given']): URL {
  if ((values.stop?.length ?? 0) > mostStopSequences) {
    throw new UsageError(`--stop: at most ${mostStopSequences} texts, not ${values.stop?.length}`);
  }
  if (values.overwrite && values.output === undefined && values.sidecar === undefined) {
    throw new UsageError('--overwrite says what happens to kept answers, and none are kept', {
      hint: 'Give -o or --sidecar as well, or leave it out.',
    });
  }
  const url = parseBaseUrl(values.baseUrl ?? googleOrigin, values.allowHttp ?? false);
  if (given.apiVersion !== undefined && hasVersion(url.pathname)) {
    throw new UsageError(
      `--api-version cannot stand beside ${values.baseUrl}, which has a version in its path`,
      {
        hint: 'Leave one of the two out.',
      },
    );
  }
  return url;
}

/** This machine is reached without a proxy: on the way to one, a request in plain http could be read. */
async function findProxy(url: URL, { proxyFor }: Io): Promise<string | undefined> {
  const proxy = isThisMachine(url.hostname) ? undefined : await proxyFor(url);
  if (proxy === undefined || isProxyUrl(proxy)) return proxy;
  throw new UsageError('the proxy in the environment is not an http or https URL', {
    hint: 'HTTPS_PROXY and HTTP_PROXY look like http://proxy.example:3128, with user:password@ where it wants them.',
  });
}

/** Its user and password have to be percent-encoded, as everywhere in a URL. */
function isProxyUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return !/%(?![0-9A-Fa-f]{2})/.test(username + password);
}
