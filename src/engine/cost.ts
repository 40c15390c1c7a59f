import type { Usage } from '../result.ts';
import type { Prices } from './prices.ts';

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
