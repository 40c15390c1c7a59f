import type { Prepared } from '../describe.ts';
import { hideCertainKey, hideKey } from '../gemini/secret.ts';
import { estimateImageTokens } from '../gemini/tokens.ts';
import { requestHeaders } from '../gemini/transport.ts';
import { formatDryRun } from '../output/dry-run.ts';
import type { Settings } from './settings.ts';

/** Shows the request that a run would send. */
export async function showRequest(
  { image, model, pieces, body, endpoint }: Prepared,
  { question }: Settings,
): Promise<string> {
  const dimensions = image.dimensions();
  const shown = formatDryRun({
    url: hideCertainKey(endpoint.url.href, question.apiKey),
    headers: Object.entries(requestHeaders(endpoint, body)).map(([name, value]) => [
      name,
      hideCertainKey(value, question.apiKey),
    ]),
    pieces,
    length: body.length,
    image,
    dimensions,
    imageStart: await firstBytes(image.open()),
    imageTokens: dimensions && estimateImageTokens(model, dimensions, question.mediaResolution),
  });
  return hideKey(shown, question.apiKey);
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  for await (const chunk of chunks) return Buffer.from(chunk.subarray(0, 18));
  return Buffer.alloc(0);
}
