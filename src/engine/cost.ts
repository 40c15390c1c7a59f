import type { Usage } from '../result.ts';

type Tokens = Pick<Usage, 'promptTokenCount' | 'candidatesTokenCount' | 'thoughtsTokenCount'>;

/**
 * About what these tokens cost, in US dollars; undefined where the model's price is not known. Thoughts are billed as output.
 * What is cached is counted in full, so that the estimate is rather too high.
 */
export function estimateCost(model: string, tokens: Tokens, prices: Prices): number | undefined {
  const name = longestMatch(bareModelName(model), [...prices.keys()]);
  const price = name === undefined ? undefined : prices.get(name);
  if (price === undefined) return undefined;
  const output = tokens.candidatesTokenCount + tokens.thoughtsTokenCount;
  return (tokens.promptTokenCount * price.input + output * price.output) / 1e6;
}

/** The name by which a model is looked up. */
export function bareModelName(model: string): string {
  return model.replace(/^models\//, '');
}

function longestMatch(model: string, names: readonly string[]): string | undefined {
  const matching = names.filter((name) => model.startsWith(name) && version.test(model.slice(name.length)));
  return matching.toSorted((one, other) => other.length - one.length)[0];
}

/** Nothing, or a version such as -002 or -preview-05-06; another word, such as -lite, names another model. */
const version = /^(?:-(?:\d+|preview|exp|stable|latest)(?:-\d+)*)?$/;

/** What a model costs, in US dollars per million tokens. */
export interface Price {
  readonly input: number;
  /** Of what the model writes, thoughts included. */
  readonly output: number;
}

/** Prices by the name of the model, without `models/`. */
export type Prices = ReadonlyMap<string, Price>;

/**
 * What Google asks at a time, as of September 2026, for prompts up to 200,000 tokens in the paid tier.
 * See https://ai.google.dev/gemini-api/docs/pricing
 */
export function defaultPrices(now: Date): Prices {
  const isIntroduction = now.getTime() < introductionEndsMs;
  return new Map([
    ['gemini-3.8-flash', isIntroduction ? { input: 0.75, output: 3.75 } : { input: 1.5, output: 7.5 }],
    ['gemini-3.6-flash', { input: 1.5, output: 7.5 }],
    ['gemini-3.5-flash-lite', { input: 0.3, output: 2.5 }],
    ['gemini-2.5-flash', { input: 0.3, output: 2.5 }],
    ['gemini-2.5-pro', { input: 1.25, output: 10 }],
  ]);
}

/** The introductory price of gemini-3.8-flash holds until 2026-12-31. */
const introductionEndsMs = Date.UTC(2027, 0, 1);
