import { brokenRule, invalidArgument } from '../refusal.ts';
import type { Refusal } from '../types.ts';
import { first } from './contents.ts';
import type { GenerationConfig } from './request.ts';

/** Checks ranges and what excludes each other: https://ai.google.dev/api/generate-content#generationconfig */
export function checkConfig(config: GenerationConfig, model: string): Refusal | undefined {
  return (
    first(rules, ([name, isKept, message]) => {
      return isKept(config) ? undefined : brokenRule(`generation_config.${name}`, message);
    }) ?? checkThinking(config, model)
  );
}

type Rule = readonly [name: string, isKept: (config: GenerationConfig) => boolean, message: string];

const rules: readonly Rule[] = [
  ['temperature', (c) => isWithin(c.temperature, 0, 2), 'temperature must be in the range [0.0, 2.0].'],
  ['top_p', (c) => isWithin(c.topP, 0, 1), 'top_p must be in the range [0.0, 1.0].'],
  ['top_k', (c) => isWithin(c.topK, 1), 'top_k must be positive.'],
  ['max_output_tokens', (c) => isWithin(c.maxOutputTokens, 1), 'max_output_tokens must be positive.'],
  [
    'candidate_count',
    (c) => isWithin(c.candidateCount, 1, 8),
    'candidate_count must be in the range [1, 8].',
  ],
  ['stop_sequences', (c) => (c.stopSequences?.length ?? 0) <= 5, 'at most 5 stop_sequences are allowed.'],
  ['stop_sequences', (c) => !c.stopSequences?.includes(''), 'stop_sequences must not be empty.'],
  [
    'response_mime_type',
    (c) => c.responseMimeType === undefined || mimeTypes.includes(c.responseMimeType),
    'allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.',
  ],
  [
    'response_schema',
    (c) => c.responseSchema === undefined || c.responseJsonSchema === undefined,
    'only one of response_schema and response_json_schema can be set.',
  ],
  [
    'response_schema',
    (c) => c.responseSchema === undefined || schemaMimeTypes.includes(c.responseMimeType),
    'response_mime_type must be `application/json` or `text/x.enum` when response_schema is set.',
  ],
  [
    'response_json_schema',
    (c) => c.responseJsonSchema === undefined || c.responseMimeType === 'application/json',
    'response_mime_type must be `application/json` when response_json_schema is set.',
  ],
];

const mimeTypes = ['text/plain', 'application/json', 'application/xml', 'application/yaml', 'text/x.enum'];
const schemaMimeTypes: readonly (string | undefined)[] = ['application/json', 'text/x.enum'];

function isWithin(value: number | undefined, least: number, most = Number.POSITIVE_INFINITY): boolean {
  return value === undefined || (value >= least && value <= most);
}

/** Budgets by model, besides -1 for as much as it likes: https://ai.google.dev/gemini-api/docs/thinking#set-budget */
const budgets: Readonly<Record<string, (budget: number) => boolean>> = {
  'gemini-2.5-pro': (budget) => isWithin(budget, 128, 32_768),
  'gemini-2.5-flash': (budget) => isWithin(budget, 0, 24_576),
  'gemini-2.5-flash-lite': (budget) => budget === 0 || isWithin(budget, 512, 24_576),
};

function checkThinking({ thinkingConfig }: GenerationConfig, model: string): Refusal | undefined {
  const { thinkingBudget, thinkingLevel } = thinkingConfig ?? {};
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    return invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  if (thinkingBudget === undefined || thinkingBudget === -1) return undefined;
  const isTaken = budgets[model] ?? ((budget: number) => isWithin(budget, 0));
  if (isTaken(thinkingBudget)) return undefined;
  return brokenRule(
    'generation_config.thinking_config.thinking_budget',
    `The thinking budget ${thinkingBudget} is invalid for ${model}.`,
  );
}
