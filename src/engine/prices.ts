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
