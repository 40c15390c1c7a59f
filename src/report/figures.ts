import { printableLine } from '../printable.ts';
import type { Usage } from '../result.ts';

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A number of bytes in the unit that fits: "812 bytes", "1.5 MB". */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** One line of token counts. */
export function formatUsage(usage: Usage | null): string {
  if (usage === null) return 'the API reported no token counts';
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

/** "about $12.30", "about $0.0123"; says which model has no price where there are no dollars. */
export function formatCost(dollars: number | undefined, model: string): string {
  if (dollars === undefined) return `cost unknown: no price for ${printableLine(model)} (--prices)`;
  if (dollars < 0.0001) return 'less than $0.0001';
  // Not toFixed(4) up to 1: that would write $0.99996 as $1.0000.
  const [whole = '', cents = ''] = dollars.toFixed(dollars < 0.99995 ? 4 : 2).split('.');
  return `about $${grouped(Number(whole))}.${cents}`;
}
