import { requestHeaders } from '../api/endpoint.ts';
import { redact } from '../api/redact.ts';
import { estimateImageTokens } from '../api/tokens.ts';
import type { MediaResolution } from '../options/question.ts';
import type { Prepared } from '../prepare.ts';
import { formatDryRun, type ShownImage } from '../report/dry-run.ts';
import type { Image } from '../types.ts';
import type { Settings } from './settings.ts';

/** Shows the request that a run would send. */
export async function showRequest(
  { images, model, pieces, body, endpoint }: Prepared,
  { question }: Settings,
): Promise<string> {
  const request = {
    url: endpoint.url.href,
    headers: Object.entries(requestHeaders(endpoint, body.length)).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    pieces,
    length: body.length,
    images: await Promise.all(images.map((image) => showImage(image, model, question.mediaResolution))),
  };
  return formatDryRun(request, (text) => redact(text, question.apiKey));
}

async function showImage(
  image: Image,
  model: string,
  resolution: MediaResolution | undefined,
): Promise<ShownImage> {
  const tokens = image.dimensions && estimateImageTokens(model, image.dimensions, resolution);
  return { image, start: await firstBytes(image.open()), tokens };
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  for await (const chunk of chunks) return Buffer.from(chunk.subarray(0, 18));
  return Buffer.alloc(0);
}
