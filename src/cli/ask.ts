import { describeTogetherWith, systemEffects } from '../describe.ts';
import type { ImageInput } from '../image/source.ts';
import { prepare } from '../prepare.ts';
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

/** Asks one question and writes the answer; in a dry run, writes the request that it would send. */
export type Ask = (request: Request) => Promise<void>;

/** Asks about the one image that was named. */
export async function askAboutOne(ask: Ask, { images, question }: Settings, io: Io): Promise<void> {
  for await (const input of openImages(images, io, question, () => undefined)) {
    await ask({ inputs: [input], label: images.words[0] ?? 'clipboard' });
  }
}

/** Makes the function that asks as the settings say. */
export function createAsk(settings: Settings, io: Io, notices: Notices): Ask {
  const { question, isDryRun } = settings;
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
      return;
    }
    const description = await describeTogetherWith(effects, inputs, options).finally(progress.stop);
    await write(heading, formatAnswer(description, settings, observed.lastBody(), io.stdout.isTerminal));
    observed.onAnswer(description);
  };

  async function write(heading: string, answer: string | Uint8Array): Promise<void> {
    if (heading !== '') await io.stdout.write(heading);
    await io.stdout.write(answer);
  }
}
