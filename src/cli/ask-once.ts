import { run } from '../engine/run.ts';
import { type Found, systemEffects } from '../engine/tools.ts';
import { nameOfInput } from '../image/source.ts';
import { flagName } from '../options/table.ts';
import { exitCodeFor, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { createMemoryGuard } from './memory.ts';
import { namedImages } from './named-images.ts';
import type { Notices } from './notices.ts';
import { observe } from './observe.ts';
import { sayCutOff, sayFailure } from './say-failure.ts';
import type { Settings } from './settings.ts';
import { startProgress } from './spinner.ts';
import { createWriter, writeFailure } from './write-answers.ts';

/** Asks one question, about one image or about several together, and writes the answer. Returns the exit code. */
export async function askOnce(settings: Settings, io: Io, notices: Notices): Promise<number> {
  const { question, format, isDebug } = settings;
  const effects = io.effects ?? systemEffects;
  const job = await onlyJob(settings, io, notices);
  const observed = observe(settings, notices);
  const progress = startProgress(job.name, settings, io);
  const guardMemory = createMemoryGuard();
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
  if (settings.isDryRun) {
    const { showRequest } = await import('./forecast.ts');
    await io.stdout.write(await showRequest(job, settings, { options, effects }).finally(progress.stop));
    return exitCodes.answered.code;
  }
  const write = createWriter(settings, io, false);
  const keepsReplies = format === 'raw';
  const given = { options, effects, isSeveral: false, naming: flagName, keepsReplies };
  let exitCode: number = exitCodes.answered.code;
  try {
    for await (const told of run([job], given)) {
      progress.stop();
      await write(told);
      const { result } = told;
      observed.onResult(result);
      if (result.outcome === 'cutOff') {
        sayCutOff(job.name, false, notices);
        exitCode = exitCodes.cutOff.code;
      }
      if (result.outcome === 'failed') {
        sayFailure(result.error, notices, isDebug);
        exitCode = exitCodeFor(result.error);
      }
    }
  } catch (error) {
    progress.stop();
    await writeFailure(error, settings.images.isTogether ? undefined : job.name, settings, write);
    throw error;
  }
  return exitCode;
}

/** The one question that there is. */
async function onlyJob(settings: Settings, io: Io, notices: Notices): Promise<Found> {
  const { images, question } = settings;
  if (images.isTogether) {
    const { gatherImages } = await import('./find-images.ts');
    return gatherImages(settings, io, notices);
  }
  const inputs = namedImages(images, io, question);
  const [first = ''] = inputs;
  return { name: nameOfInput(first), inputs };
}
