import { describeTogetherWith, systemEffects } from '../describe.ts';
import { NoAnswerError } from '../errors.ts';
import { endingOf } from '../finish-reason.ts';
import type { ImageInput } from '../image/source.ts';
import { prepare } from '../prepare.ts';
import { exitCodes } from './exit-codes.ts';
import { sayCutOff } from './failure.ts';
import { formatAnswer } from './format.ts';
import { openImages } from './images.ts';
import type { Io } from './io.ts';
import { createMemoryGuard } from './memory.ts';
import type { Notices } from './notices.ts';
import { observe } from './observe.ts';
import { startProgress } from './progress.ts';
import type { Settings } from './settings.ts';

/** One request: its images, what a person is told it is about while it takes its time, and what stands above the answer. */
export interface Request {
  readonly inputs: readonly ImageInput[];
  readonly label: string;
  readonly heading?: string;
}

/** Asks one question and writes the answer; in a dry run, writes the request that it would send. Returns the exit code. */
export type Ask = (request: Request) => Promise<number>;

/** Asks about the one image that was named. Returns the exit code. */
export async function askAboutOne(ask: Ask, { images, question }: Settings, io: Io): Promise<number> {
  let exitCode: number = exitCodes.answered.code;
  for await (const input of openImages(images, io, question, () => undefined)) {
    exitCode = await ask({ inputs: [input], label: images.words[0] ?? 'clipboard' });
  }
  return exitCode;
}

/** Makes the function that asks as the settings say. */
export function createAsk(settings: Settings, io: Io, notices: Notices): Ask {
  const { question, format, images, isDryRun } = settings;
  const effects = io.effects ?? systemEffects;
  const guardMemory = createMemoryGuard();
  return async ({ inputs, label, heading = '' }) => {
    const observed = observe(settings, notices);
    const progress = startProgress(label, settings, io);
    const options = {
      ...question,
      ...observed,
      onDownload: progress.onDownload,
      onUpload: (sentBytes: number, totalBytes: number) => {
        guardMemory(totalBytes);
        progress.onUpload(sentBytes, totalBytes);
      },
      signal: io.signal,
    };
    if (isDryRun) {
      const prepared = await prepare(inputs, options, effects).finally(progress.stop);
      try {
        observed.onPrepared(prepared.images);
        const { showRequest } = await import('./dry-run.ts');
        await write(heading, await showRequest(prepared, settings));
      } finally {
        prepared.close();
      }
      return exitCodes.answered.code;
    }
    const asked = describeTogetherWith(effects, inputs, options).finally(progress.stop);
    const description = await asked.catch(printFragment);
    await write(heading, formatAnswer(description, settings, observed.lastBody(), io.stdout.isTerminal));
    observed.onAnswer(description);
    if (endingOf(description.finishReason) !== 'cutOff') return exitCodes.answered.code;
    const [image] = description.images;
    sayCutOff(description.images.length === 1 && image ? image.image : label, false, notices);
    return exitCodes.cutOff.code;
  };

  /** With --json, what came of an answer before it was blocked is not lost. */
  async function printFragment(error: unknown): Promise<never> {
    if (format === 'json' && error instanceof NoAnswerError && error.partialText !== undefined) {
      const { formatFailure } = await import('./failure-record.ts');
      await write('', formatFailure(images.isTogether ? undefined : error.image, error, question));
    }
    throw error;
  }

  async function write(heading: string, answer: string | Uint8Array): Promise<void> {
    if (heading !== '') await io.stdout.write(heading);
    await io.stdout.write(answer);
  }
}
