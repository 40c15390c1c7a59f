import { extname } from 'node:path';
import { redactedKey } from '../api/redact.ts';
import type { DescribeOptions } from '../engine/tools.ts';
import { UsageError } from '../errors.ts';
import { imageExtensions } from '../image/formats/fast-sniff.ts';
import { googleOrigin, hasVersion, isThisMachine, parseBaseUrl } from '../options/connection.ts';
import { parseOptions } from '../options/parse.ts';
import type { OptionValues, RequestOptionName } from '../options/table.ts';
import { findApiKey, missingKey } from './credentials.ts';
import type { Io } from './io.ts';
import { type ImageSettings, resolveImages } from './named-images.ts';
import type { Arguments } from './program.ts';
import { resolvePrompt } from './read-text.ts';

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
  const values = parseOptions(given, io.environment);
  const url = checkTogether(values, given);
  const { question, batch, output } = divide(values);
  const { images, prompt: operand } = resolveImages(operands, values, io);
  const { apiKeyFile, prompt } = values;
  const credential = await findApiKey(apiKeyFile, io);
  if (credential === undefined && !output.isDryRun) throw missingKey(io.environment);
  return Object.freeze({
    images,
    question: {
      ...question,
      prompt: prompt === undefined ? operand : await resolvePrompt(prompt, io),
      proxy: await findProxy(url, io),
      proxyFor: (imageUrl: URL) => findProxy(imageUrl, io),
      // A dry run sends nothing, so it can do without a key and show where one would be.
      apiKey: credential?.apiKey ?? redactedKey,
    },
    batch,
    ...output,
    warnings: warningsAbout(credential),
  });
}

function warningsAbout(credential: Awaited<ReturnType<typeof findApiKey>>): string[] {
  if (credential === undefined) return ['no API key is set; a real run needs one'];
  return credential.warning === undefined ? [] : [credential.warning];
}

/**
 * Hands every option to its reader. An option that nobody reads does not compile, and neither does the reader of one that is
 * not in the table.
 */
function divide(values: OptionValues): {
  question: Omit<DescribeOptions, 'apiKey'>;
  batch: BatchSettings;
  output: Pick<Settings, 'format' | 'isDryRun' | 'showsUsage' | 'isQuiet' | 'isVerbose' | 'isDebug'>;
} {
  // Read by images.ts, by whoever finds prompt and key, and by run.ts.
  const { clipboard, filesFrom, null: _, recursive, together, prompt, apiKeyFile, color, ...others } = values;
  const { json, raw, usage, dryRun, quiet, verbose, debug, ...asked } = others;
  const { concurrency, requestsPerMinute, failFast, output, sidecar, overwrite, prices, ...question } = asked;
  const { mimeType, convert, maxEdge, stripMetadata, maxRequestBytes, ...more } = question;
  const { model, baseUrl, apiVersion, auth, allowHttp, timeoutMs, retries, maxWaitMs, ...request } = more;
  const unread: { readonly [Name in Exclude<keyof typeof request, RequestOptionName>]: never } = {};
  return {
    question: { ...question, ...unread },
    batch: {
      concurrency,
      requestsPerMinute,
      failFast: failFast ?? false,
      output,
      sidecar,
      overwrite: overwrite ?? false,
      prices,
    },
    output: {
      format: json ? 'json' : raw ? 'raw' : 'text',
      isDryRun: dryRun ?? false,
      showsUsage: usage ?? false,
      isQuiet: quiet ?? false,
      isVerbose: verbose ?? debug ?? false,
      isDebug: debug ?? false,
    },
  };
}

/** What is right alone and wrong together; returns where the API is. */
function checkTogether(values: OptionValues, given: Arguments['given']): URL {
  const { sidecar = '' } = values;
  if (imageExtensions.has(extname(`x${sidecar}`).toLowerCase())) {
    throw new UsageError(`--sidecar: ${sidecar} is an extension of images, which would be overwritten`, {
      hint: 'Use another extension, such as .txt.',
    });
  }
  if (values.overwrite && values.output === undefined && values.sidecar === undefined) {
    throw new UsageError('--overwrite requires -o or --sidecar', {
      hint: 'Add one of them, or omit --overwrite.',
    });
  }
  const url = parseBaseUrl(values.baseUrl ?? googleOrigin, values.allowHttp ?? false);
  if (given.apiVersion !== undefined && hasVersion(url.pathname)) {
    throw new UsageError(
      `--api-version cannot be combined with ${values.baseUrl}, which has a version in its path`,
      {
        hint: 'Omit one of them.',
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
    hint: 'Set HTTPS_PROXY or HTTP_PROXY to a URL such as http://user:password@proxy.example:3128.',
  });
}

/** Its user and password have to be percent-encoded, as everywhere in a URL. */
function isProxyUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return !/%(?![0-9A-Fa-f]{2})/.test(username + password);
}
