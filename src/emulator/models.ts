/** Models that are known unless more are named; a selection of https://ai.google.dev/gemini-api/docs/models */
export const usualModels: readonly string[] = [
  'gemini-2.5-pro',
  'gemini-2.5-flash',
  'gemini-2.5-flash-lite',
  'gemini-3.5-flash-lite',
  'gemini-3.6-flash',
  'gemini-3.8-flash',
  'gemini-pro-latest',
  'gemini-flash-latest',
  'gemini-flash-lite-latest',
];

/** The usual models and more; each is known with and without its `models/`. */
export function knownModels(more: readonly string[]): ReadonlySet<string> {
  return new Set([...usualModels, ...more].map((model) => model.replace(/^models\//, '')));
}
