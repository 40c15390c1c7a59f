import { decodeUtf8 } from '../api/json.ts';
import { redact, redactJson, redactValue } from '../api/redact.ts';
import type { Told } from '../engine/tools.ts';
import { DescribeImageError } from '../errors.ts';
import { defaults, flagName } from '../options/table.ts';
import { printableLine } from '../printable.ts';
import { escapeUnprintable, formatJsonLine, formatText, recordOf } from '../report/answer.ts';
import { type Answered, type CutOff, type Failed, isAnswer } from '../result.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';

/** Writes what became of an image to standard output; of an answer that is kept elsewhere, nothing. */
export type Writer = (told: Told) => Promise<void>;

/** @param hasHeadings whether the name of its image stands above each answer, as head(1) writes it */
export function createWriter(settings: Settings, { stdout }: Io, hasHeadings: boolean): Writer {
  const { format, question } = settings;
  const { apiKey } = question;
  let isFirst = true;
  return async ({ result, body }) => {
    if (result.outcome === 'failed' && format === 'json')
      await stdout.write(formatJsonLine(redactValue(recordOf(result, flagName), apiKey)));
    if (!isAnswer(result)) return;
    if (hasHeadings && format === 'text') {
      const name = printableLine(redact(result.image ?? '', apiKey));
      await stdout.write(`${isFirst ? '' : '\n'}==> ${name} <==\n`);
      isFirst = false;
    }
    await stdout.write(await formatAnswer(result, body ?? Buffer.alloc(0), settings, stdout.isTerminal));
  };
}

/** Writes an error that ended all as the failure of the image that met it. */
export async function writeFailure(
  error: unknown,
  image: string | undefined,
  { question }: Settings,
  write: Writer,
): Promise<void> {
  if (!(error instanceof DescribeImageError) || ['usage', 'aborted', 'output'].includes(error.kind)) return;
  const { prompt = defaults.prompt, model = defaults.model } = question;
  const about = image === undefined ? {} : { image };
  const result = { ...about, images: [], prompt, model, outcome: 'failed', error } as unknown as Failed;
  await write({ result });
}

async function formatAnswer(
  result: Answered | CutOff,
  body: Uint8Array,
  { format, question: { apiKey } }: Settings,
  isTerminal: boolean,
): Promise<string | Uint8Array> {
  switch (format) {
    case 'text':
      return formatText(result, isTerminal);
    case 'json':
      // The text lost the key when it was read, and can be long.
      return formatJsonLine({ ...redactValue({ ...result, text: '' }, apiKey), text: result.text });
    case 'raw':
      return isTerminal ? shownBody(body, apiKey) : rawBody(body, apiKey);
  }
}

/** Untouched, but for a key that a server echoes: as Latin-1 every byte stays what it is. */
async function rawBody(body: Uint8Array, apiKey: string): Promise<Uint8Array> {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const shown = await redactJson(text, apiKey);
  return shown === text ? body : Buffer.from(shown, 'latin1');
}

/** The same JSON with nothing in it that a terminal would obey. */
async function shownBody(body: Uint8Array, apiKey: string): Promise<string> {
  return escapeUnprintable(await redactJson(decodeUtf8(body), apiKey));
}
