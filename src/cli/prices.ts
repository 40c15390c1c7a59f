import { bareModelName, type Price, type Prices } from '../engine/cost.ts';
import { UsageError } from '../errors.ts';
import { explainReadFailure, readTextFile } from './read-text.ts';

/** No list of models is longer; a file named by mistake is. */
const mostPriceBytes = 1024 * 1024;

/**
 * Reads `--prices`: a JSON object with `input` and `output`, in US dollars per million tokens, under each model's name. They
 * take the place of those already known, or are added to them. Throws a `UsageError` that says what is wrong with the file.
 */
export async function readPrices(path: string, known: Prices, signal: AbortSignal): Promise<Prices> {
  const text = await readTextFile(path, mostPriceBytes, signal).catch((cause: unknown) => {
    throw unusable(path, explainReadFailure(cause), cause);
  });
  const table = parse(text, path);
  if (!isObject(table)) throw unusable(path, 'does not contain a JSON object');
  return new Map([...known, ...Object.entries(table).map((entry) => checkEntry(path, ...entry))]);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Without the parser's words: they quote the file, which can be one with a key in it, named by mistake.
    throw unusable(path, 'is not JSON', cause);
  }
}

function checkEntry(path: string, model: string, price: unknown): [name: string, price: Price] {
  const name = bareModelName(model);
  if (name === '') throw unusable(path, 'has a price for a model without a name');
  if (!isObject(price)) throw unusable(path, `has no input and output for ${quoted(model)}`);
  const { input, output } = price;
  return [
    name,
    { input: dollars(path, model, 'input', input), output: dollars(path, model, 'output', output) },
  ];
}

function dollars(path: string, model: string, name: 'input' | 'output', value: unknown): number {
  if (value === undefined) throw unusable(path, `has no ${name} for ${quoted(model)}`);
  // JSON has no NaN, but 1e999 is read as infinite.
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw unusable(path, `has an ${name} for ${quoted(model)} that is not a number`);
  if (value < 0) throw unusable(path, `has an ${name} for ${quoted(model)} that is negative`);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quoted(model: string): string {
  return JSON.stringify(model.length > 60 ? `${model.slice(0, 60)}…` : model);
}

function unusable(path: string, what: string, cause?: unknown): UsageError {
  return new UsageError(`the price file ${path} ${what}`, {
    hint: 'Use US dollars per million tokens: {"gemini-2.5-pro": {"input": 1.25, "output": 10}}.',
    cause,
  });
}
