/** What the reason that ended an answer says about the text that came with it. */
export type AnswerEnding = 'complete' | 'cutOff' | 'blocked' | 'doubtful';

/**
 * Reads a `finishReason`. It is an open set, and gateways write it in lower case, too:
 * https://ai.google.dev/api/generate-content#FinishReason
 *
 * @returns `complete`, also where the API does not say; `cutOff` at the token limit; `blocked` where what came is a fragment
 *   that must not pass for an answer; `doubtful` for any other reason
 */
export function endingOf(finishReason: unknown): AnswerEnding {
  const reason = typeof finishReason === 'string' ? finishReason.toUpperCase() : '';
  if (complete.has(reason)) return 'complete';
  if (reason === 'MAX_TOKENS') return 'cutOff';
  return blocked.has(reason) ? 'blocked' : 'doubtful';
}

const complete: ReadonlySet<string> = new Set(['', 'STOP', 'FINISH_REASON_UNSPECIFIED']);
const blocked: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
]);
