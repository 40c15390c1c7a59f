import type { Usage } from '../types.ts';
import { grouped } from './numbers.ts';

/** One line of token counts. */
export function formatUsage(usage: Usage | undefined): string {
  if (usage === undefined) return 'the API did not say how many tokens were used';
  const {
    promptTokenCount,
    candidatesTokenCount,
    thoughtsTokenCount,
    cachedContentTokenCount,
    totalTokenCount,
  } = usage;
  const cached = cachedContentTokenCount > 0 ? ` (${grouped(cachedContentTokenCount)} of them cached)` : '';
  const thoughts = thoughtsTokenCount > 0 ? ` + ${grouped(thoughtsTokenCount)} thinking` : '';
  const sum = `${grouped(promptTokenCount)} prompt${cached}${thoughts} + ${grouped(candidatesTokenCount)} answer`;
  return `${grouped(totalTokenCount)} tokens: ${sum}`;
}
