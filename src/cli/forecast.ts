import { requestHeaders } from '../api/endpoint.ts';
import { redact } from '../api/redact.ts';
import { estimateImageTokens } from '../api/tokens.ts';
import { estimateCost, type Prices } from '../engine/cost.ts';
import { createFingerprint } from '../engine/fingerprint.ts';
import { openAll, prepare } from '../engine/prepared-request.ts';
import { type DescribeOptions, type Effects, type Found, systemEffects } from '../engine/tools.ts';
import { DescribeImageError } from '../errors.ts';
import type { Image } from '../image/load.ts';
import { defaults, flagName } from '../options/table.ts';
import { formatDryRun, formatForecast, type ShownImage } from '../report/dry-run.ts';
import { formatCost } from '../report/figures.ts';
import { worded } from '../sentence.ts';
import type { Store } from '../store/store.ts';
import { exitCodeOfRun } from './batch-ending.ts';
import type { Io } from './io.ts';
import type { Notices } from './notices.ts';
import { sayFailure } from './say-failure.ts';
import type { Settings } from './settings.ts';

interface Looking {
  readonly options: DescribeOptions;
  readonly effects: Effects;
  readonly redact: (text: string) => string;
}

/** Shows the request that a run would send. */
export async function showRequest(
  job: Found,
  settings: Settings,
  looking: Omit<Looking, 'redact'>,
): Promise<string> {
  const { question } = settings;
  const hide = (text: string) => redact(text, question.apiKey);
  return withRequest(job, { ...looking, redact: hide }, async ({ images, model, pieces, body, endpoint }) => {
    for (const warning of images.flatMap((image) => image.warnings))
      looking.options.onWarning?.(hide(worded(warning, flagName)));
    const request = {
      url: endpoint.url.href,
      headers: Object.entries(requestHeaders(endpoint, body.length)).map(
        ([name, value]) => `${name}: ${value}`,
      ),
      pieces,
      length: body.length,
      images: await Promise.all(images.map((image) => showImage(image, model, settings))),
    };
    return formatDryRun(request, hide);
  });
}

async function withRequest<T>(
  job: Found,
  looking: Looking,
  use: (request: Awaited<ReturnType<typeof prepare>>) => Promise<T>,
): Promise<T> {
  if ('error' in job) throw job.error;
  const sources = await openAll(job, looking);
  try {
    return await use(await prepare(sources, looking.options));
  } finally {
    for (const { readable } of sources) readable.close();
  }
}

async function showImage(image: Image, model: string, { question }: Settings): Promise<ShownImage> {
  const tokens = image.dimensions && estimateImageTokens(model, image.dimensions, question.mediaResolution);
  return { image, start: await firstBytes(image.open()), tokens };
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  for await (const chunk of chunks) return Buffer.from(chunk.subarray(0, 18));
  return Buffer.alloc(0);
}

/** Looks at every image as a run would, asks about none, and says what a run would come to. Returns the exit code. */
export async function forecast(
  images: AsyncIterable<Found>,
  store: Store,
  { question, isDebug }: Settings,
  { stdout, signal, effects = systemEffects }: Io,
  notices: Notices,
  prices: Prices,
): Promise<number> {
  const hide = (text: string) => redact(text, question.apiKey);
  const looking = { options: { ...question, signal }, effects, redact: hide };
  const { model = defaults.model, mediaResolution } = question;
  const fingerprint = createFingerprint(question);
  const counts = { found: 0, kept: 0, keptCutOff: 0, failed: 0, bytes: 0, imageTokens: 0 };
  let lastFailure: unknown;
  for await (const found of images) {
    counts.found += 1;
    try {
      await look({ ...found, isOneOfMany: true });
    } catch (error) {
      if (!(error instanceof DescribeImageError) || error.kind !== 'image') throw error;
      counts.failed += 1;
      lastFailure = error;
      sayFailure(error, notices, isDebug);
    }
  }
  const tokens = { promptTokenCount: counts.imageTokens, candidatesTokenCount: 0, thoughtsTokenCount: 0 };
  const cost = formatCost(estimateCost(model, tokens, prices), model);
  await stdout.write(hide(formatForecast({ ...counts, cost })));
  // Nothing was asked, so nothing was cut off today.
  return exitCodeOfRun({ images: counts.found, failed: counts.failed, notTried: 0, cutOff: 0, lastFailure });

  async function look(job: Found): Promise<void> {
    if ('error' in job) throw job.error;
    const sources = await openAll(job, looking);
    try {
      const key = store.needsKeys ? await fingerprint.ofImages(sources) : '';
      const known = store.look(job.name, key);
      if (known !== undefined) {
        counts[known.isCutOff ? 'keptCutOff' : 'kept'] += 1;
        return;
      }
      for (const { bytes, dimensions } of (await prepare(sources, looking.options)).images) {
        counts.bytes += bytes;
        counts.imageTokens +=
          dimensions === undefined ? 0 : estimateImageTokens(model, dimensions, mediaResolution);
      }
    } finally {
      for (const { readable } of sources) readable.close();
    }
  }
}
