import { defaults } from '../../describe-options.ts';
import { authSchemes, defaultApiVersion } from '../../gemini/wire.ts';
import type { OptionRows } from '../option-row.ts';
import { apiVersion, baseUrl, choice, integer, seconds, text } from '../values.ts';

/** Where the API is, and how it is reached. */
export const endpointOptions = {
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
} as const satisfies OptionRows;
