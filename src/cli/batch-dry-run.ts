import { redact } from '../api/redact.ts';
import { estimateImageTokens } from '../api/tokens.ts';
import { systemEffects } from '../describe.ts';
import { estimateCost, formatCost } from '../engine/cost.ts';
import { answerKey, questionKey } from '../engine/fingerprint.ts';
import { openCandidate } from '../engine/open-candidate.ts';
import type { Archive, Candidate } from '../engine/outcome.ts';
import type { Prices } from '../engine/prices.ts';
import { DescribeImageError } from '../errors.ts';
import { defaults } from '../options/table.ts';
import { prepare } from '../prepare.ts';
import { formatBatchForecast } from '../report/batch-dry-run.ts';
import { exitCodeOfRun } from './batch-exit-code.ts';
import { sayFailure } from './failure.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import type { Settings } from './settings.ts';

/** Looks at every image as a run would, asks about none, and says what a run would come to. Returns the exit code. */
export async function forecast(
  candidates: AsyncIterable<Candidate>,
  archive: Archive,
  { question, isDebug }: Settings,
  { stdout, signal, effects = systemEffects }: Io,
  notices: Notices,
  prices: Prices,
): Promise<number> {
  const options = { ...question, signal };
  const { model = defaults.model, mediaResolution } = question;
  const questioned = questionKey(options);
  const counts = { found: 0, kept: 0, keptCutOff: 0, failed: 0, bytes: 0, imageTokens: 0 };
  let lastFailure: unknown;
  for await (const candidate of candidates) {
    counts.found += 1;
    try {
      await look(candidate);
    } catch (error) {
      if (!(error instanceof DescribeImageError) || error.kind !== 'image') throw error;
      counts.failed += 1;
      lastFailure = error;
      sayFailure(error, notices, isDebug);
    }
  }
  const tokens = { promptTokenCount: counts.imageTokens, candidatesTokenCount: 0, thoughtsTokenCount: 0 };
  const cost = formatCost(estimateCost(model, tokens, prices), model);
  await stdout.write(redact(formatBatchForecast({ ...counts, cost }), question.apiKey));
  // Nothing was asked, so nothing was cut off today.
  return exitCodeOfRun({ images: counts.found, failed: counts.failed, notTried: 0, cutOff: 0, lastFailure });

  async function look(candidate: Candidate): Promise<void> {
    const opened = await openCandidate(candidate, options, effects);
    try {
      const key = archive.needsKeys ? await answerKey(opened.readable, questioned) : '';
      const kept = archive.look(candidate.name, key);
      if (kept !== undefined) {
        counts[kept.isCutOff ? 'keptCutOff' : 'kept'] += 1;
        return;
      }
      const { images } = await prepare([opened], options, effects);
      for (const { bytes, dimensions } of images) {
        counts.bytes += bytes;
        counts.imageTokens +=
          dimensions === undefined ? 0 : estimateImageTokens(model, dimensions, mediaResolution);
      }
    } finally {
      opened.readable.close();
    }
  }
}
