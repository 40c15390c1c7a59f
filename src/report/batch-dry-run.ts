import { counted } from './batch-progress.ts';
import { byteSize, grouped } from './numbers.ts';

/** What a batch would come to. */
export interface BatchForecast {
  readonly found: number;
  /** Answered or written already. */
  readonly kept: number;
  /** Answered already, and cut off at the token limit. */
  readonly keptCutOff: number;
  /** Cannot be read, or are of a kind the API does not take. */
  readonly failed: number;
  /** Size of the images that would be asked about, as they would be sent. */
  readonly bytes: number;
  /** About what they count as; without those whose size in pixels is not known. */
  readonly imageTokens: number;
  /** What the images alone cost, in words. */
  readonly cost: string;
}

/** Says in a few lines what a batch would ask, send and cost. */
export function formatBatchForecast(forecast: BatchForecast): string {
  const { found, kept, keptCutOff, failed, bytes, imageTokens, cost } = forecast;
  const counts = [
    `${grouped(found - kept - keptCutOff - failed)} to ask about`,
    ...(kept > 0 ? [`${grouped(kept)} answered already`] : []),
    ...(keptCutOff > 0 ? [`${grouped(keptCutOff)} cut off already`] : []),
    ...(failed > 0 ? [`${grouped(failed)} cannot be sent`] : []),
  ];
  return [
    `${counted(found, 'image', 'images')}: ${counts.join(', ')}`,
    `${byteSize(bytes)}, about ${counted(imageTokens, 'image token', 'image tokens')}, ${cost} without prompts and answers`,
    'Nothing was sent.',
    '',
  ].join('\n');
}
