import { defaults } from '../describe-options.ts';
import {
  authSchemes,
  defaultApiVersion,
  defaultModel,
  limits,
  mediaResolutions,
  mostStopSequences,
  thinkingLevels,
} from '../gemini/wire.ts';
import type { OptionRow } from './option-row.ts';
import {
  apiVersion,
  baseUrl,
  choice,
  extension,
  integer,
  mimeType,
  model,
  number,
  type Parse,
  seconds,
  text,
} from './values.ts';

/** THE option table: the parser, the help, the settings and the README are made from it. */
export const options = {
  prompt: {
    group: 'Question',
    short: 'p',
    argument: 'text',
    parse: text,
    help: 'the question; - is standard input, @file a file',
  },
  system: {
    group: 'Question',
    argument: 'text',
    parse: text,
    apiName: 'systemInstruction',
    help: 'a system instruction: how to answer',
  },
  together: { group: 'Question', help: 'ask one question about all images together' },

  clipboard: { group: 'Images', help: 'take the image on the clipboard' },
  recursive: { group: 'Images', short: 'r', help: 'look into the folders below a folder, too' },
  filesFrom: {
    group: 'Images',
    argument: 'file',
    parse: text,
    help: 'read names from a list; - is standard input',
  },
  null: { group: 'Images', short: '0', help: 'the names in the list end with NUL' },
  mimeType: {
    group: 'Images',
    argument: 'type',
    parse: mimeType,
    help: 'declare this type, whatever the bytes say',
  },
  noConvert: { group: 'Images', help: 'refuse what the API does not take as it is' },
  maxEdge: {
    group: 'Images',
    argument: 'px',
    parse: integer({ minimum: 1, maximum: 65_535 }),
    help: 'scale down to this longest side',
  },
  stripMetadata: { group: 'Images', help: 'remove EXIF, GPS position, XMP, comments' },
  maxRequestBytes: {
    group: 'Images',
    argument: 'bytes',
    parse: integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    help: `send no larger request (default: ${defaults.maxRequestBytes / 1e6} MB)`,
  },

  output: {
    group: 'Many images',
    short: 'o',
    argument: 'file',
    parse: text,
    conflicts: ['together', 'json', 'raw'],
    help: 'record answers in a file; run again to go on',
  },
  sidecar: {
    group: 'Many images',
    argument: '.ext',
    parse: extension,
    optional: { fallback: '.txt', pattern: /^\.[\w.-]{1,20}$/ },
    conflicts: ['together', 'json', 'raw'],
    help: 'write answers beside their images (.txt)',
  },
  overwrite: { group: 'Many images', help: 'ask anew what is answered there already' },
  concurrency: {
    group: 'Many images',
    short: 'c',
    argument: 'number',
    parse: integer({ minimum: 1, maximum: 256 }),
    help: `requests at once (default: ${defaults.concurrency})`,
  },
  rpm: {
    group: 'Many images',
    argument: 'number',
    parse: number({ minimum: 0.1, maximum: 100_000 }),
    help: 'at most so many requests a minute',
  },
  failFast: { group: 'Many images', help: 'stop at the first image that fails' },
  prices: {
    group: 'Many images',
    argument: 'file',
    parse: text,
    help: 'prices of models, as JSON, for the estimate',
  },

  model: {
    group: 'Model',
    short: 'm',
    argument: 'name',
    parse: model,
    environment: 'DESCRIBE_IMAGE_MODEL',
    help: `the model to ask (default: ${defaultModel})`,
  },
  temperature: {
    group: 'Model',
    short: 't',
    argument: 'number',
    parse: number(limits.temperature),
    help: 'randomness, 0 to 2',
  },
  topP: {
    group: 'Model',
    argument: 'number',
    parse: number(limits.topP),
    help: 'nucleus sampling, 0 to 1',
  },
  topK: {
    group: 'Model',
    argument: 'number',
    parse: integer(limits.topK),
    help: 'sample from the k likeliest tokens, 1 or more',
  },
  maxOutputTokens: {
    group: 'Model',
    argument: 'number',
    parse: integer(limits.maxOutputTokens),
    help: 'longest answer in tokens, thinking included',
  },
  seed: {
    group: 'Model',
    argument: 'number',
    parse: integer(limits.seed),
    help: 'makes answers more repeatable',
  },
  stop: {
    group: 'Model',
    argument: 'text',
    parse: text,
    isRepeatable: true,
    apiName: 'stopSequences',
    help: `a text that ends the answer; at most ${mostStopSequences} times`,
  },
  thinkingBudget: {
    group: 'Model',
    argument: 'tokens',
    parse: integer(limits.thinkingBudget),
    conflicts: ['thinkingLevel'],
    help: 'tokens for thinking; -1: as the model likes',
  },
  thinkingLevel: {
    group: 'Model',
    argument: 'level',
    parse: choice(thinkingLevels),
    help: thinkingLevels.join(', '),
  },
  mediaResolution: {
    group: 'Model',
    argument: 'level',
    parse: choice(mediaResolutions),
    help: `how finely to look: ${mediaResolutions.join(', ')}`,
  },

  json: {
    group: 'Output',
    conflicts: ['raw', 'dryRun'],
    help: 'print one JSON object: the answer and its facts',
  },
  raw: { group: 'Output', conflicts: ['dryRun'], help: 'print the API’s reply untouched' },
  usage: { group: 'Output', help: 'say on standard error how many tokens it took' },
  dryRun: { group: 'Output', help: 'send nothing; show the request and its tokens' },
  quiet: { group: 'Output', short: 'q', conflicts: ['verbose'], help: 'no spinner, no warnings' },
  verbose: { group: 'Output', short: 'v', help: 'say on standard error what was done' },
  debug: { group: 'Output', help: 'also show replies as they came and stack traces' },
  noColor: { group: 'Output', help: 'no colours, as with NO_COLOR=1' },

  baseUrl: {
    group: 'Endpoint and key',
    argument: 'url',
    parse: baseUrl,
    environment: 'GOOGLE_GEMINI_BASE_URL',
    help: 'where the API is (default: Google’s own)',
  },
  apiVersion: {
    group: 'Endpoint and key',
    argument: 'version',
    parse: apiVersion,
    environment: 'GOOGLE_GENAI_API_VERSION',
    help: `unless the base URL has one (default: ${defaultApiVersion})`,
  },
  auth: {
    group: 'Endpoint and key',
    argument: 'how',
    parse: choice(authSchemes),
    help: `how the key travels: ${authSchemes.join(', ')}`,
  },
  apiKeyFile: {
    group: 'Endpoint and key',
    argument: 'file',
    parse: text,
    help: 'read the key from a file',
  },
  allowHttp: { group: 'Endpoint and key', help: 'allow plain http to another machine' },
  timeout: {
    group: 'Endpoint and key',
    argument: 'seconds',
    parse: seconds({ minimum: 0.001, maximum: 86_400 }),
    help: `longest time for an attempt (default: ${defaults.timeoutMs / 1000})`,
  },
  retries: {
    group: 'Endpoint and key',
    argument: 'number',
    parse: integer({ minimum: 0, maximum: 100 }),
    help: `attempts after the first (default: ${defaults.retries})`,
  },
  maxWait: {
    group: 'Endpoint and key',
    argument: 'seconds',
    parse: seconds({ minimum: 0, maximum: 86_400 }),
    help: `longest wait for another attempt (default: ${defaults.maxWaitMs / 1000})`,
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

type Options = typeof options;
export type OptionName = keyof Options;
export const optionNames = Object.keys(options) as OptionName[];

/** What the command line and the environment say, parsed; nothing is filled in. */
export type OptionValues = { readonly [Name in OptionName]?: Value<Options[Name]> | undefined };

type Value<Row> = Row extends { parse: Parse<infer T> }
  ? Row extends { isRepeatable: true }
    ? readonly T[]
    : T
  : boolean;

/** The option's name on the command line, such as `--top-p`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
