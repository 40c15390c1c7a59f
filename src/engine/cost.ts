import { printableLine } from '../printable.ts';
import { grouped } from '../report/numbers.ts';
import type { Usage } from '../types.ts';
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

/** "about $12.30", "about $0.0123"; says which model has no price where there are no dollars. */
export function formatCost(dollars: number | undefined, model: string): string {
  if (dollars === undefined) return `cost unknown: no price for ${printableLine(model)} (--prices)`;
  if (dollars < 0.0001) return 'less than $0.0001';
  // Not toFixed(4) up to 1: that would write $0.99996 as $1.0000.
  const [whole = '', cents = ''] = dollars.toFixed(dollars < 0.99995 ? 4 : 2).split('.');
  return `about $${grouped(Number(whole))}.${cents}`;
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
