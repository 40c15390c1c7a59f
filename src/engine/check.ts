import { setMaxListeners } from 'node:events';
import { CredentialError, UsageError } from '../errors.ts';
import { checkOptions, optionTable } from '../options/table.ts';
import { option, say, shown } from '../sentence.ts';

/**
 * Checks what a caller of the library handed over, before anything is read or sent. Throws a `UsageError` that names what is
 * wrong, or a `CredentialError` where there is no key.
 */
export function checkAsking(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(`the options must be an object, not ${shown(options)}`, {
      hint: 'Pass at least an API key: { apiKey }.',
    });
  }
  checkKey('apiKey' in options ? options.apiKey : undefined);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(optionTable, name) && !others.has(name))
      throw new UsageError(`${shown(name)} is not an option`, { hint: 'Check its spelling.' });
    if (callbacks.has(name) && value !== undefined && typeof value !== 'function')
      throw new UsageError(say`${option(name)} must be a function, not ${shown(value)}`);
  }
  checkSignal('signal' in options ? options.signal : undefined);
  checkOptions(options);
}

function checkKey(apiKey: unknown): void {
  if (typeof apiKey === 'string' && apiKey.trim() !== '') return;
  // What it is instead may be a secret of another shape, and is not repeated.
  const what = apiKey === undefined || apiKey === null ? String(apiKey) : typeof apiKey;
  throw new CredentialError(`no API key: ${typeof apiKey === 'string' ? 'it is empty' : `it is ${what}`}`, {
    hint: say`Pass it as ${option('apiKey')}; get one at https://aistudio.google.com/apikey`,
  });
}

function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal))
    throw new UsageError(say`${option('signal')} must be an AbortSignal, not ${shown(signal)}`);
  // One signal may end many calls at once, and each listens.
  setMaxListeners(0, signal);
}

const callbacks: ReadonlySet<string> = new Set([
  'proxyFor',
  'onWarning',
  'onRetry',
  'onDownload',
  'onUpload',
  'onReply',
]);
const others: ReadonlySet<string> = new Set(['apiKey', 'proxy', 'agent', 'signal', ...callbacks]);
